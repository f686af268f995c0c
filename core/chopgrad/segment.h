#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "core/chopgrad/group_chain.h"

namespace reelmend::chopgrad {

// What of a group's graph a vector-Jacobian product is asked for.
struct VjpRequest {
    bool inputs = true;     // the group's inputs and the trained parameters
    bool cache = false;     // the cache that entered the group
    bool keepGraph = false; // it will be asked again
};

struct Vjp {
    std::vector<at::Tensor> inputs;     // as GroupChain::inputs; undefined = no influence
    std::vector<at::Tensor> parameters; // as the list given to the segment
    models::CausalCache cache;          // slot by slot; undefined = no influence
};

// The graph of one group, apart from those of its neighbours: its inputs and the entering cache are leaves. It holds
// what autograd saved and nothing else: neither the cache that entered (see Note [Hand-offs without their values])
// nor the values it computed.
class Segment {
public:
    struct Values {
        at::Tensor output;         // without a graph
        models::CausalCache cache; // for the next group, without a graph
    };

    // Runs the group with gradient. `cacheGradient`: vjp() will be asked for the gradient at `entering`.
    // `parameters`: what requires gradient among the network's weights, may be empty.
    Segment(const GroupChain& chain, std::int64_t group, models::CausalCache entering, bool cacheGradient,
        const std::vector<at::Tensor>& parameters, Values& values);
    ~Segment();
    Segment(Segment&&) noexcept;
    Segment& operator=(Segment&&) noexcept;

    // Gradient of <outputCotangent, output> + <cacheCotangent, cache>; an undefined cotangent counts as zero.
    Vjp vjp(const at::Tensor& outputCotangent, const models::CausalCache& cacheCotangent,
        const VjpRequest& request) const;

    std::int64_t group() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace reelmend::chopgrad
