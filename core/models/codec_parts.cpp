#include "core/models/codec_parts.h"

#include <ATen/ATen.h>

#include <string>
#include <utility>

#include "core/base/error.h"

namespace reelmend::models::parts {

CacheCursor::CacheCursor(CausalCache cache, std::size_t slots, std::size_t first)
    : cache_(std::move(cache))
    , next_(first)
{
    TORCH_CHECK(cache_.slots.empty() || cache_.slots.size() == slots, "the cache has ", cache_.slots.size(),
        " slots, the network ", slots);
    cache_.slots.resize(slots);
}

at::Tensor CacheCursor::take()
{
    return std::exchange(cache_.slots.at(next_), at::Tensor());
}

void CacheCursor::put(at::Tensor tail)
{
    cache_.slots.at(next_++) = std::move(tail);
}

CausalCache CacheCursor::finish()
{
    cache_.atStart = false;
    return std::move(cache_);
}

void Conv::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    visitor(prefix + ".weight", weight, shape);
    const std::int64_t outputs = shape[0];
    visitor(prefix + ".bias", bias, at::IntArrayRef(&outputs, 1));
}

Conv conv3d(int in, int out, int time, int space)
{
    return {{}, {}, {out, in, time, space, space}};
}

Conv conv2d(int in, int out, int space)
{
    return {{}, {}, {out, in, space, space}};
}

void requireFrameSizes(const at::Tensor& frames, const CodecTraits& traits)
{
    const int stride = traits.spatialStride;
    if (frames.dim() != 5 || frames.size(1) != traits.frameChannels || frames.size(2) < 1) {
        throw base::Error(base::ErrorKind::kUsage, "These frames cannot be encoded.",
            "Their shape is not [batch, " + std::to_string(traits.frameChannels) + ", time, height, width].");
    }
    if (frames.size(3) % stride != 0 || frames.size(4) % stride != 0) {
        throw base::Error(base::ErrorKind::kUsage,
            "Frames of " + std::to_string(frames.size(4)) + " x " + std::to_string(frames.size(3)) +
                " pixels cannot be encoded.",
            "Width and height must be multiples of " + std::to_string(stride) + ".", "Pad or crop the frames.");
    }
}

void addResidualSlots(
    std::vector<CacheSlot>& slots, const std::string& prefix, int in, int out, int scale, bool global)
{
    slots.push_back({prefix + ".conv1", in, 2, scale, global});
    slots.push_back({prefix + ".conv2", out, 2, scale, global});
}

} // namespace reelmend::models::parts
