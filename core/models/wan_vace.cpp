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

at::Tensor vaceContextOf(const at::Tensor& video, const at::Tensor& mask, int stride, const at::Tensor& latents,
    KnownLatents known, const EncodeVideo& encode)
{
    const bool isAllMasked = known == KnownLatents::kWhole && mask.min().item<double>() >= 1;
    const at::Tensor inactive = known == KnownLatents::kInactive ? latents : encode(video * (1 - mask));
    const at::Tensor reactive = isAllMasked ? latents : encode(video * mask);
    return vaceContext(inactive, reactive, foldedMask(mask, stride, inactive.size(2)));
}

at::Tensor withReferences(
    const at::Tensor& context, const std::vector<at::Tensor>& references, const EncodeVideo& encode)
{
    at::Tensor result = context;
    for (const at::Tensor& reference : references) {
        const at::Tensor latent = encode(reference); // [1, channels, 1, height, width]
        std::vector<std::int64_t> rest = latent.sizes().vec();
        rest[1] = context.size(1) - latent.size(1);
        result = at::cat({at::cat({latent, at::zeros(rest, latent.options())}, 1).to(context.options()), result}, 2);
    }
    return result;
}

at::Tensor fittedReference(const at::Tensor& picture, std::int64_t height, std::int64_t width)
{
    const auto tall = static_cast<double>(picture.size(3)), wide = static_cast<double>(picture.size(4));
    const double scale = std::min(static_cast<double>(height) / tall, static_cast<double>(width) / wide);
    const auto scaled = [scale](double side) {
        return std::max<std::int64_t>(1, static_cast<std::int64_t>(side * scale));
    };
    const std::int64_t newHeight = scaled(tall), newWidth = scaled(wide);
    at::Tensor canvas = at::ones({1, 3, 1, height, width}, picture.options());
    canvas.narrow(3, (height - newHeight) / 2, newHeight)
        .narrow(4, (width - newWidth) / 2, newWidth)
        .copy_(at::upsample_bilinear2d(picture.select(2, 0), {newHeight, newWidth}, false).unsqueeze(2));
    return canvas;
}

} // namespace reelmend::models
