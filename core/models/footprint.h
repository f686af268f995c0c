#pragma once
#include "core/models/causal_codec.h"

// A codec's footprint by running it: two small pictures, with counters in LibTorch's allocator and in what autograd
// keeps. The growth between the two is what one latent cell costs; nothing is kept by hand beside the code that
// computes.
namespace reelmend::models {

// The skips that a first or steady group of height x width latent cells takes; null for networks without.
using SkipsFunction = std::function<Skips(bool first, std::int64_t height, std::int64_t width)>;

// Both leave the network's parameters and operators as they were; the parameters may be undefined.
plan::CodecFootprint measureFootprint(CausalDecoder& decoder, const SkipsFunction& skips = {});
plan::CodecFootprint measureFootprint(CausalEncoder& encoder);

} // namespace reelmend::models
