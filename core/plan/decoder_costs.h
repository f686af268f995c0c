#pragma once
#include <cstdint>

#include <nlohmann/json_fwd.hpp>

#include "core/plan/model_footprint.h"

// What one group of a causal decoder costs in memory, in bytes: the numbers that a prediction adds up. They come from
// a measured group (chopgrad::measureCosts), or roughly from a footprint.
namespace reelmend::plan {

// fixed + perCell * (latent cells of the picture).
struct LinearBytes {
    double fixed = 0, perCell = 0;

    double at(double cells) const { return fixed + perCell * cells; }
    bool operator==(const LinearBytes&) const = default;
};

// One group through a network (the whole decoder, or its global or local part). "Most" = the largest amount alive at
// once during that step, beyond what was there before it.
struct GroupCosts {
    LinearBytes input, output, cache; // latent and skips; frames or features; what it hands to the next group
    LinearBytes kept;                 // by its graph, for the backward
    LinearBytes value;                // most while it runs without gradient, the entering cache held elsewhere
    LinearBytes make;                 // most while it runs with gradient; the entering cache dies as it is used
    LinearBytes makeHeld;             // the same while a store still holds that cache
    LinearBytes pull;                 // most in a vector-Jacobian product that frees the graph
    LinearBytes pullKept;             // most in one that keeps it
    LinearBytes pullAlone;            // as pull, when nothing comes from later groups or goes to earlier ones

    bool operator==(const GroupCosts&) const = default;
};

struct DecoderCosts {
    GroupCosts first, steady; // the whole decoder: the first group of a shot, and later ones
    GroupCosts second;        // the one after the first: what it is handed may be shorter than what later ones are
    // Where a group has several latents (CogVideoX): the first group when one latent is left over, and a latent
    // alone.
    GroupCosts longerFirst, still;
    GroupCosts globalSteady, localSteady; // its two parts, for tiles
    double parameterBytes = 0;
    double trainedBytes = 0; // of the gradients of trained parameters (float32); 0 when frozen
    int spatialStride = 8;
    int framesPerGroup = 4, firstFrames = 1, latentsPerGroup = 1; // firstFrames: of a clip of one latent
    int haloCells = -1;                                           // makes tiles exact; -1 = never
    double elementBytes = 4;                                      // of the decoder's numbers
    bool isMeasured = false; // else estimated from a footprint: expect errors of a third

    bool operator==(const DecoderCosts&) const = default;
};

enum class OperatorChoice { kLean, kStock };

// An estimate where nothing was measured. `trained`: the decoder's parameters get gradients.
DecoderCosts estimateCosts(
    const CodecFootprint& decoder, double elementBytes, OperatorChoice operators, bool trained);

nlohmann::json toJson(const DecoderCosts& costs);
DecoderCosts decoderCostsFromJson(const nlohmann::json& json); // throws base::Error(kInput) that names the field

} // namespace reelmend::plan
