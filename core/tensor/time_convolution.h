#pragma once
#include <ATen/core/Tensor.h>

namespace reelmend::tensor {

// A frozen 3 x k x k convolution along time, "same" zero padding in space, without autograd. Holds what is made of
// the weight once and used for every part of a clip.
class TimeConvolution {
public:
    // `frames` of height x width are going to be made. bias: undefined or [outputs].
    TimeConvolution(at::Tensor weight, at::Tensor bias, std::int64_t frames, std::int64_t height, std::int64_t width);

    // output: [batch, outputs, T, H, W], joined: [batch, C, 2 + T, H, W], both channels_last_3d or narrows of such
    // tensors along time.
    void into(const at::Tensor& output, const at::Tensor& joined) const;

private:
    at::Tensor weight_, bias_;
    at::Tensor products_[4]; // undefined: the plain convolution is used
};

} // namespace reelmend::tensor
