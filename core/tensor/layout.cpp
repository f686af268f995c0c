#include "core/tensor/layout.h"

#include <ATen/ATen.h>

#include "core/base/error.h"

namespace reelmend::tensor {

namespace {

template <class T> void requireOneSize(std::span<const video::Image<T>> images, const char* what)
{
    if (images.empty()) {
        throw base::Error(base::ErrorKind::kUsage, std::string("No ") + what + " was given to the model.");
    }
    for (const auto& image : images) {
        if (image.width != images[0].width || image.height != images[0].height || image.empty()) {
            throw base::Error(base::ErrorKind::kUsage, std::string("The ") + what + "s cannot be stacked.",
                "They differ in size: " + std::to_string(images[0].width) + " x " + std::to_string(images[0].height) +
                    " and " + std::to_string(image.width) + " x " + std::to_string(image.height) + ".");
        }
    }
}

} // namespace

at::Tensor videoFromImages(std::span<const video::ImageF> images)
{
    requireOneSize(images, "frame");
    const auto time = static_cast<std::int64_t>(images.size());
    const std::int64_t height = images[0].height, width = images[0].width;
    // Filled as [time, height, width, channels], which is channels_last_3d of the permuted view.
    at::Tensor packed = at::empty({1, time, height, width, 3}, at::kFloat);
    float* out = packed.data_ptr<float>();
    for (const auto& image : images) {
        if (image.channels < 3) {
            throw base::Error(base::ErrorKind::kUsage,
                "A frame with " + std::to_string(image.channels) + " channel(s) cannot be given to the model.",
                "Frames are RGB or RGBA.");
        }
        const float* in = image.pixels.data();
        for (std::int64_t p = 0; p < height * width; ++p, in += image.channels, out += 3) {
            out[0] = in[0] * 2.0f - 1.0f;
            out[1] = in[1] * 2.0f - 1.0f;
            out[2] = in[2] * 2.0f - 1.0f;
        }
    }
    return packed.permute({0, 4, 1, 2, 3});
}

at::Tensor pictureFromImage(const video::ImageF& image)
{
    if (image.empty() || image.channels < 3) {
        throw base::Error(base::ErrorKind::kUsage,
            "A picture with " + std::to_string(image.channels) + " channel(s) cannot be measured.",
            "Pictures are RGB or RGBA.");
    }
    const at::Tensor packed = at::from_blob(
        const_cast<float*>(image.pixels.data()), {1, image.height, image.width, image.channels}, at::kFloat);
    return packed.narrow(3, 0, 3).permute({0, 3, 1, 2}).contiguous();
}

std::vector<video::ImageF> imagesFromVideo(const at::Tensor& video)
{
    TORCH_CHECK(video.dim() == 5 && video.size(0) == 1 && video.size(1) == 3,
        "imagesFromVideo wants [1, 3, time, height, width], got ", video.sizes());
    const at::Tensor packed = video.detach().to(at::kCPU, at::kFloat).permute({0, 2, 3, 4, 1}).contiguous();
    const auto height = static_cast<int>(video.size(3)), width = static_cast<int>(video.size(4));
    std::vector<video::ImageF> images;
    const float* in = packed.const_data_ptr<float>();
    for (std::int64_t t = 0; t < video.size(2); ++t) {
        video::ImageF image(width, height, 3);
        for (float& value : image.pixels) {
            value = *in++ * 0.5f + 0.5f;
        }
        images.push_back(std::move(image));
    }
    return images;
}

at::Tensor matteFromMasks(std::span<const video::Mask> masks)
{
    requireOneSize(masks, "mask");
    const std::int64_t height = masks[0].height, width = masks[0].width;
    at::Tensor matte = at::empty({1, 1, static_cast<std::int64_t>(masks.size()), height, width}, at::kFloat);
    float* out = matte.data_ptr<float>();
    for (const auto& mask : masks) {
        TORCH_CHECK(mask.channels == 1, "a mask has one channel");
        for (const std::uint16_t value : mask.pixels) {
            *out++ = static_cast<float>(value) / 65535.0f;
        }
    }
    return matte;
}

at::Tensor padToMultiple(const at::Tensor& video, int multiple)
{
    const auto missing = [&](std::int64_t size) { return (multiple - size % multiple) % multiple; };
    const std::int64_t bottom = missing(video.size(3)), right = missing(video.size(4));
    return bottom == 0 && right == 0 ? video : at::replication_pad3d(video, {0, right, 0, bottom, 0, 0});
}

at::Tensor padFrames(const at::Tensor& video, int first, int group)
{
    const std::int64_t time = video.size(2);
    const std::int64_t beyond = time < first ? first - time : (group - (time - first) % group) % group;
    if (beyond == 0) {
        return video;
    }
    const at::Tensor last = video.narrow(2, time - 1, 1);
    return at::cat({video, last.expand({video.size(0), video.size(1), beyond, video.size(3), video.size(4)})}, 2);
}

} // namespace reelmend::tensor
