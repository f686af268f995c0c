#pragma once
#include <ATen/core/Tensor.h>

// The kernels behind groupCausalConv, without autograd: own loops on the CPU, LibTorch's operators elsewhere.
namespace reelmend::tensor {

// Of a group norm, per batch item and group: [batch, groups], float32 or float64 (double for float64 inputs).
struct GroupMoments {
    at::Tensor mean, reciprocal; // 1 / sqrt(variance + epsilon)
};

// x: [batch, C, T, H, W] channels_last_3d; C must be a multiple of `groups`.
GroupMoments groupMoments(const at::Tensor& x, int groups, double epsilon);

// What x is multiplied by and shifted with, per cell of a coarser grid and channel: [batch, time, height, width, C]
// in the moments' type, height and width dividing those of x. A frame of x belongs to the coarse frame that a nearest
// resize gives it, the first one of an odd number alone to the first (see Note [Odd numbers of frames]).
struct Modulation {
    at::Tensor scale, shift;
};

// output = silu(x scale + shift). `output` has x's shape and may be a narrow along time of a longer channels_last_3d
// tensor; `firstFrame` and `clipFrames` say where in its group x lies, when it is a part of one.
void modulatedSiluInto(const at::Tensor& output, const at::Tensor& x, const Modulation& modulation,
    std::int64_t firstFrame, std::int64_t clipFrames);

struct ModulationGradient {
    at::Tensor x;            // at x, through x scale + shift alone
    at::Tensor scale, shift; // of the modulation's shapes
};
ModulationGradient modulatedSiluBackward(
    const at::Tensor& gradient, const at::Tensor& x, const Modulation& modulation);

// dx += x slope + offset, in place; slope and offset: [batch, C] in the moments' type.
void addAffineInto(const at::Tensor& dx, const at::Tensor& x, const at::Tensor& slope, const at::Tensor& offset);

// Note [Odd numbers of frames]: CogVideoX treats an odd number of frames above one as a first frame and the rest,
// which are resized apart from each other.
std::int64_t coarseFrame(std::int64_t frame, std::int64_t frames, std::int64_t coarseFrames);

} // namespace reelmend::tensor
