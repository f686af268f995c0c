#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How the gradient of a pixel loss travels back through a causal decoder, as plain values: what the engine does, what
// a plan predicts and what a request asks for. Groups, hand-offs and the truncation distance D: docs/chopgrad.md.
namespace reelmend::plan {

enum class GradientMode {
    kLatentOnly, // the decoder is not run
    kChop,       // a group's loss reaches at most D hand-offs back (ChopGrad)
    kExact,      // reverse sweep: values first, then groups recomputed from last to first
    kFull,       // ordinary backpropagation through all groups at once
    kCheckpoint, // ordinary backpropagation with every group recomputed (gradient checkpointing)
    kFramewise,  // every latent decoded as a still of its own, no cache (DOVE, stage 2): another computation
};

// How `chop` spends memory or time; the gradient is the same.
enum class ChopForm {
    kSliding,     // the graphs of the last D + s groups are kept: no recomputation
    kRecomputing, // one graph at a time, groups recomputed from kept caches: least memory
    kDelayed,     // as sliding, but a group is swept once, just before its graph goes (s = 1)
};

// Where `exact` and recomputing `chop` keep the caches between groups.
enum class CacheStore {
    kDevice,
    kHost,      // main memory; on a CPU the same as device
    kDisk,      // a file that is gone with the step
    kRecompute, // only every k-th is kept, those between are made again
};

// A grid of picture parts whose gradients are computed one after another.
struct TileGrid {
    int rows = 1, columns = 1;
    int haloCells = -1; // context around a part, in latent cells; -1 = as much as makes it exact

    bool isWhole() const { return rows == 1 && columns == 1; }
    bool operator==(const TileGrid&) const = default;
};

struct GradientSchedule {
    GradientMode mode = GradientMode::kExact;
    // chop
    int distance = 1; // D: hand-offs that a group's loss may cross
    ChopForm form = ChopForm::kSliding;
    int interval = 1; // s: losses swept together; their gradient reaches between D and D + s - 1 hand-offs
    // exact
    CacheStore store = CacheStore::kDevice; // also of recomputing chop
    int recomputeEvery = 0;                 // k of kRecompute; 0 = the square root of the number of groups
    int keptGraphs = 0;                     // of the first pass, from the end: spends memory, saves forwards
    TileGrid tiles;

    bool operator==(const GradientSchedule&) const = default;
    // What is wrong with it, in one sentence; empty when nothing is.
    std::string problem() const;
};

std::string_view modeName(GradientMode mode); // "latent-only", "chop", "exact", "full", "checkpoint", "framewise"
std::string_view formName(ChopForm form);     // "sliding", "recomputing", "delayed"
std::string_view storeName(CacheStore store); // "device", "host", "disk", "recompute"
std::string scheduleText(const GradientSchedule& schedule); // "chop D=1", "exact, disk", "chop D=2, tiles 2x2", …
std::optional<GradientMode> modeFromName(std::string_view name);
std::optional<ChopForm> formFromName(std::string_view name);
std::optional<CacheStore> storeFromName(std::string_view name);

// The losses of groups [first, end), swept back together as far as group `reach`.
struct SweepBlock {
    std::int64_t first = 0, end = 0, reach = 0;
    bool operator==(const SweepBlock&) const = default;
};

// Blocks of `interval` losses over a clip; each reaches max(0, first - distance).
std::vector<SweepBlock> sweepBlocks(std::int64_t groups, std::int64_t distance, std::int64_t interval);

// How often a step runs whole groups, in closed form (training.md 3.2), W(N, D) = N (D + 1) - D (D + 1) / 2.
// Tiled schedules run the local part of each group once per tile; here that counts as one.
struct GroupCounts {
    std::int64_t forwards = 0;
    std::int64_t backwards = 0;  // vector-Jacobian products
    std::int64_t liveGraphs = 0; // graphs of groups alive at once, at most
    std::int64_t keptCaches = 0; // boundary caches in the store at once, at most
    bool operator==(const GroupCounts&) const = default;
};

// `coupledLoss`: a frame's gradient depends on other groups' frames, so that all frames are made first.
GroupCounts groupCounts(const GradientSchedule& schedule, std::int64_t groups, bool coupledLoss = false);

std::int64_t recomputeSpacing(const GradientSchedule& schedule, std::int64_t groups); // k

} // namespace reelmend::plan
