#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/models/causal_codec.h"

// What the causal autoencoders share.
namespace reelmend::models::parts {

// Walks the slots of a cache in execution order: take() hands out a layer's past, put() what it leaves for the next
// step. `rewind` goes back to run the same layers on the next frames of one step.
class CacheCursor {
public:
    CacheCursor(CausalCache cache, std::size_t slots, std::size_t first = 0);

    at::Tensor take();
    void put(at::Tensor tail);
    std::size_t position() const { return next_; }
    void rewind(std::size_t position) { next_ = position; }
    bool atStart() const { return cache_.atStart; }
    void started() { cache_.atStart = false; }
    CausalCache finish(); // the cache for the next group

private:
    CausalCache cache_;
    std::size_t next_;
};

struct Conv {
    at::Tensor weight, bias;
    std::vector<std::int64_t> shape; // of the weight

    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};
Conv conv3d(int in, int out, int time, int space);
Conv conv2d(int in, int out, int space);

// Throws base::Error(kUsage) for frames that are not [batch, frameChannels, time, height, width] in sizes that the
// stride divides.
void requireFrameSizes(const at::Tensor& frames, const CodecTraits& traits);

// Slots that a residual block adds to the list of a network's cache.
void addResidualSlots(
    std::vector<CacheSlot>& slots, const std::string& prefix, int in, int out, int scale, bool global);

} // namespace reelmend::models::parts
