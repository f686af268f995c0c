#pragma once
#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "core/models/causal_codec.h"
#include "core/models/codec_parts.h"
#include "core/models/cogvideox_vae_config.h"

// What CogVideoX's encoder and decoder are built of. Feature tensors are [batch, channels, time, height, width];
// parameters follow diffusers' names.
namespace reelmend::models::cogvideox {

using parts::addResidualSlots;
using parts::CacheCursor;
using parts::Conv;
using parts::conv2d;
using parts::conv3d;

// A group norm; in the decoder scaled and shifted by the latent.
struct Norm {
    at::Tensor weight, bias;
    int channels = 0, groups = 32;
    double epsilon = 1e-6;
    std::optional<Conv> scale, shift; // conv_y and conv_b

    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};
// `latentChannels` 0 = a plain group norm.
Norm makeNorm(const CogVideoXVaeConfig& config, int channels, int latentChannels);

// Causal 3x3x3 convolution over its cached past, after norm + SiLU where there is one. latent: undefined for a plain
// norm.
at::Tensor causal(const at::Tensor& x, const Norm* norm, const at::Tensor& latent, const Conv& conv,
    CacheCursor& cache, OperatorSet ops);
at::Tensor pointwise(const at::Tensor& x, const Conv& conv, OperatorSet ops);

struct ResidualBlock {
    Norm norm1, norm2;
    Conv conv1, conv2;
    std::optional<Conv> shortcut; // where the channels change

    ResidualBlock(const CogVideoXVaeConfig& config, int in, int out, int latentChannels);
    at::Tensor forward(at::Tensor x, const at::Tensor& latent, CacheCursor& cache, OperatorSet ops) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

// Twice the frames (the first of an odd number stays single) where `temporal`, and twice the size.
at::Tensor upsample(const at::Tensor& x, const Conv& conv, bool temporal, OperatorSet ops);
// Half the frames by means of pairs (the first of an odd number stays) where `temporal`, and half the size.
at::Tensor downsample(const at::Tensor& x, const Conv& conv, bool temporal, OperatorSet ops);

} // namespace reelmend::models::cogvideox
