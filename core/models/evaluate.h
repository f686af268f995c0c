#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/control.h"
#include "core/models/causal_codec.h"

// Whole clips through a causal codec: step after step, in tiles or not. Values do not depend on the plan.
namespace reelmend::models {

// A spatial tile in latent cells: `width` x `height` cells are kept, `halo` cells around them are computed as
// context.
struct TilePlan {
    int width = 0, height = 0;
    int halo = -1; // -1 = what makes tiles exact
};
// "WxH" or "WxH+halo". Throws base::Error(kUsage).
TilePlan parseTile(std::string_view text);

struct EvaluationPlan {
    // Units of each step: latents for decoding, frames for encoding. The last entry goes on to the end; empty = one
    // group per step. Encoding: the first step of a shot holds 1 frame more than a multiple of a group.
    std::vector<std::int64_t> steps;
    bool whole = false; // everything in one step, which `steps` then cannot set
    std::optional<TilePlan> tile;
};

using TensorSink = std::function<void(const at::Tensor&)>;

// Frames of one shot, step by step in order: [batch, 3, frames of the step, height, width], not clamped. No gradient.
// `skips` per group as encodeClip handed them out, or empty. Stops at `control` between steps and tiles.
void decodeClip(const CausalDecoder& decoder, const at::Tensor& latents, const std::vector<Skips>& skips,
    const EvaluationPlan& plan, const base::Control& control, const TensorSink& frames);

// The encoder's output step by step, and skips where the network has them.
using EncodedSink = std::function<void(const at::Tensor& latents, const Skips& skips)>;
void encodeClip(const CausalEncoder& encoder, const at::Tensor& frames, const EvaluationPlan& plan,
    const base::Control& control, const EncodedSink& latents);

// Everything at once in memory. `clamped`: to [-1, 1], as diffusers returns it.
at::Tensor decoded(
    const CausalDecoder& decoder, const at::Tensor& latents, const EvaluationPlan& plan = {}, bool clamped = false);
at::Tensor encoded(const CausalEncoder& encoder, const at::Tensor& frames, const EvaluationPlan& plan = {});

} // namespace reelmend::models
