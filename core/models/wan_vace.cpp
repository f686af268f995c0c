#include "core/models/wan_vace.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "core/base/error.h"

namespace reelmend::models {

std::int64_t maskFrame(std::int64_t place, std::int64_t latents, std::int64_t frames)
{
    // (place + 1/2) frames / latents, rounded down
    return std::min(frames - 1, (2 * place + 1) * frames / (2 * latents));
}

at::Tensor foldedMask(const at::Tensor& mask, int stride, std::int64_t latents)
{
    const bool isMask = mask.dim() == 5 && mask.size(1) == 1 && mask.size(2) > 0 && latents > 0;
    if (!isMask || mask.size(3) % stride != 0 || mask.size(4) % stride != 0) {
        throw base::Error(base::ErrorKind::kUsage, "The mask cannot be put onto the latent grid.",
            "It must be [batch, 1, frames, height, width], with height and width multiples of " +
                std::to_string(stride) + ".",
            "Pad the mask as the frames are padded.");
    }
    std::vector<std::int64_t> frames;
    for (std::int64_t i = 0; i < latents; ++i) {
        frames.push_back(maskFrame(i, latents, mask.size(2)));
    }
    const std::int64_t batch = mask.size(0), height = mask.size(3) / stride, width = mask.size(4) / stride;
    return mask.index_select(2, at::tensor(frames, at::kLong).to(mask.device()))
        .reshape({batch, latents, height, stride, width, stride})
        .permute({0, 3, 5, 1, 2, 4}) // [batch, dy, dx, latents, height, width]
        .reshape({batch, static_cast<std::int64_t>(stride) * stride, latents, height, width});
}

at::Tensor vaceContext(const at::Tensor& inactive, const at::Tensor& reactive, const at::Tensor& folded)
{
    return at::cat({inactive, reactive, folded.to(inactive.options())}, 1);
}

} // namespace reelmend::models
