#include "core/runner/dis_flow.h"

#include <ATen/ATen.h>

#include <cstring>

#include "core/vision/flow.h"

namespace reelmend::runner {

namespace {

// [1, 3, h, w] in [0, 1] -> luma as bytes (BT.709).
video::Image8 greyOf(const at::Tensor& picture)
{
    const at::Tensor luma =
        picture.select(1, 0) * 0.2126 + picture.select(1, 1) * 0.7152 + picture.select(1, 2) * 0.0722;
    const at::Tensor bytes = (luma * 255).round().clamp(0, 255).to(at::kCPU, at::kByte).contiguous();
    video::Image8 grey(static_cast<int>(bytes.size(2)), static_cast<int>(bytes.size(1)), 1);
    std::memcpy(grey.pixels.data(), bytes.const_data_ptr(), grey.pixels.size());
    return grey;
}

} // namespace

perceptual::FlowFunction disFlow()
{
    return [](const at::Tensor& from, const at::Tensor& to) {
        vision::FlowField flow = vision::denseFlow(greyOf(from), greyOf(to));
        return at::from_blob(flow.pixels.data(), {1, flow.height, flow.width, 2}, at::kFloat)
            .permute({0, 3, 1, 2})
            .to(from.options())
            .clone(at::MemoryFormat::Contiguous);
    };
}

} // namespace reelmend::runner
