#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/base/control.h"
#include "core/chopgrad/cache_store.h"
#include "core/chopgrad/group_chain.h"
#include "core/plan/gradient_schedule.h"

// The schedules themselves, over any chain: where cotangents come from and where gradients go is handed in. All
// functions leave nothing behind when they throw.
namespace reelmend::chopgrad {

// The cotangents of a chain's outputs. Losses are told apart by the block that they are swept in, because the
// truncated gradients of different blocks must not be mixed on their way back.
class Cotangents {
public:
    virtual ~Cotangents() = default;
    // Called once per group, in ascending order, as soon as its output is known (no graph attached).
    virtual void seen(std::int64_t /*group*/, const at::Tensor& /*output*/) {}
    // What the losses of block `block` send to the output of `group`; undefined = nothing.
    virtual at::Tensor of(std::int64_t block, std::int64_t group) = 0;
    // No block from `block` on asks for groups before `group` any more.
    virtual void release(std::int64_t /*block*/, std::int64_t /*group*/) {}
};

// Where gradients go. `loss` and `group` tell which losses reached which group: the last group of the block whose
// losses were swept, and the group whose inputs these are gradients of.
class GradientSink {
public:
    virtual ~GradientSink() = default;
    virtual void add(std::int64_t block, std::int64_t group, const std::vector<at::Tensor>& inputs,
        const std::vector<at::Tensor>& parameters) = 0;
    // Cotangents of the cache that enters `group`, on their way to group - 1. For measurements.
    virtual void handOff(std::int64_t /*block*/, std::int64_t /*group*/, const models::CausalCache& /*cotangent*/) {}
};

struct SweepCounts {
    std::int64_t forwards = 0;   // runs of one group
    std::int64_t backwards = 0;  // vector-Jacobian products of one group
    std::int64_t liveGraphs = 0; // at once, at most
    CacheKeeper::Held held;      // by the store at its fullest
};

enum class SweepStage { kValues, kBackward };

// What a sweep is given beside its chain; everything outlives it.
struct SweepScene {
    const GroupChain& chain;
    models::CausalCache entering;       // the cache entering group 0
    std::vector<at::Tensor> parameters; // trained leaves, may be empty
    Cotangents& cotangents;
    GradientSink& sink;
    const base::Control* control = nullptr; // asked between groups
    std::function<void(SweepStage, std::int64_t group)> observer;
    SweepCounts counts;

    void step(SweepStage stage, std::int64_t group) const;
};

// Graphs kept while a later block needs them. With one block over everything: exact, all graphs alive.
void sweepRetained(SweepScene& scene, const std::vector<plan::SweepBlock>& blocks);

// Each group swept once, just before its graph goes; the gradient of truncation distance `distance`.
void sweepDelayed(SweepScene& scene, std::int64_t distance);

// Values first, group by group, then each block's groups once more with gradient, last to first, from the caches in
// `store`. `keptGraphs` (with a single block): of that many last groups the first pass's graph is used.
void sweepRecomputed(
    SweepScene& scene, const std::vector<plan::SweepBlock>& blocks, CacheKeeper& store, std::int64_t keptGraphs = 0);

// One graph over all groups, as plain backpropagation has it; with `checkpoint` every group is recomputed in the
// backward.
void sweepFull(SweepScene& scene, bool checkpoint);

// Groups that hand nothing on.
void sweepStills(SweepScene& scene);

// Values alone: seen() for every group.
void runValues(SweepScene& scene);

} // namespace reelmend::chopgrad
