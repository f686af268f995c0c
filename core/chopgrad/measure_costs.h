#pragma once
#include <functional>

#include "core/models/causal_codec.h"
#include "core/plan/decoder_costs.h"

namespace reelmend::chopgrad {

// The calibration of a memory plan: groups of two small pictures are run and swept once with the allocator watched;
// the difference between the pictures is what a cell costs, the rest is fixed (re-ordered weights, buffers of the
// convolution library). `small` and `large` are the sides of the pictures in latent cells. The decoder's operators
// are those that are set; parameters that require gradient count as trained. Skips, where the decoder takes them,
// come from `skips` (see models::SkipsFunction).
plan::DecoderCosts measureCosts(models::CausalDecoder& decoder, const at::TensorOptions& options,
    const std::function<models::Skips(bool first, std::int64_t height, std::int64_t width)>& skips = {},
    std::int64_t small = 4, std::int64_t large = 8);

} // namespace reelmend::chopgrad
