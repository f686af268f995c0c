#pragma once
#include <ATen/core/Tensor.h>

#include <array>

#include "core/models/cogvideox_config.h"

// The tables that tell CogVideoX's transformer where a token is. Tokens run along time, then height, then width.
namespace reelmend::models::cogvideox {

using TokenGrid = std::array<std::int64_t, 3>; // tokens along time, height, width

// What queries and keys are turned by, as complex numbers: [tokens, 1, headChannels / 2]. A quarter of the pairs for
// time, three eighths for height and for width, theta 10000. With patchTime places are whole numbers; without, height
// and width span the part of the sample's grid that has the clip's shape. Computed in float64, given in `type`
// (float32 or float64).
at::Tensor rotations(const CogVideoXConfig& config, const TokenGrid& grid, at::ScalarType type);

// What is added to tokens: [tokens, channels] float64; a quarter of the channels for time, then width, then height.
at::Tensor sinusoids(const CogVideoXConfig& config, const TokenGrid& grid);

// Sinusoids of numbers, [numbers, width] float64: for timesteps and offsets.
at::Tensor waves(const CogVideoXConfig& config, const at::Tensor& numbers, std::int64_t width);

} // namespace reelmend::models::cogvideox
