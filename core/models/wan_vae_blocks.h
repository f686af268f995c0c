#pragma once
#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "core/models/causal_codec.h"
#include "core/models/codec_parts.h"

// What Wan's encoder and decoder are built of. Feature tensors are [batch, channels, time, height, width]; parameters
// follow diffusers' names.
namespace reelmend::models::wan {

using parts::addResidualSlots;
using parts::CacheCursor;
using parts::Conv;
using parts::conv2d;
using parts::conv3d;

// The norm's gains. Residual blocks store them as [C, 1, 1, 1], attention as [C, 1, 1].
struct Norm {
    at::Tensor gamma;
    std::vector<std::int64_t> shape;

    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};
Norm norm3d(int channels);
Norm norm2d(int channels);

// Causal 3x3x3 (or 3x1x1) convolution over its cached past, after norm + SiLU where there is one.
at::Tensor causal(const at::Tensor& x, const Norm* norm, const Conv& conv, CacheCursor& cache, OperatorSet ops);
// 1x1x1 convolution: no past.
at::Tensor pointwise(const at::Tensor& x, const Conv& conv, OperatorSet ops);

struct ResidualBlock {
    Norm norm1, norm2;
    Conv conv1, conv2;
    std::optional<Conv> shortcut; // where the channels change

    ResidualBlock(int in, int out);
    at::Tensor forward(at::Tensor x, CacheCursor& cache, OperatorSet ops) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

// One head over all positions of each frame.
struct Attention {
    Norm norm;
    Conv qkv, projection;

    explicit Attention(int channels);
    at::Tensor forward(const at::Tensor& x, OperatorSet ops) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

struct MiddleBlock {
    ResidualBlock first, second;
    Attention attention;

    explicit MiddleBlock(int channels);
    at::Tensor forward(at::Tensor x, CacheCursor& cache, OperatorSet ops) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

// To the next finer level: twice the frames where `timeConv` is, then twice the size and half the channels.
struct Upsample {
    std::optional<Conv> timeConv;
    Conv resample;

    Upsample(int channels, bool temporal);
    // Twice the frames; the first frame of a shot stays single and is no one's past.
    at::Tensor inTime(const at::Tensor& x, CacheCursor& cache, OperatorSet ops) const;
    at::Tensor inSpace(const at::Tensor& x, OperatorSet ops) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

// To the next coarser level: half the size, then half the frames where `timeConv` is (the first of a shot alone).
struct Downsample {
    std::optional<Conv> timeConv;
    Conv resample;

    Downsample(int channels, bool temporal);
    at::Tensor inSpace(const at::Tensor& x, OperatorSet ops) const;
    at::Tensor inTime(const at::Tensor& x, CacheCursor& cache, OperatorSet ops) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

} // namespace reelmend::models::wan
