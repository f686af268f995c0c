#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

// A model's costs as plain numbers: emitted by the engine (`models inspect --json`), read by whoever plans without a
// tensor. Spatial counts are per latent cell (one position of the latent grid) and batch item: multiply by cells,
// batch and the bytes of one element. What does not grow with the picture stands in fields named …Bytes or
// parameters.
namespace reelmend::plan {

// One causal step: a group of latent frames to a group of video frames (decoder) or back (encoder).
struct GroupFootprint {
    int latents = 1;             // latent frames of the group
    int frames = 1;              // video frames of the group
    double savedLean = 0;        // elements that autograd keeps for one step with frozen weights, lean operators
    double savedStock = 0;       // the same with LibTorch's own operators
    double savedTrained = 0;     // lean operators, weights trained
    double workElements = 0;     // most elements alive at once inside a step without gradient, caches not counted
    double backwardElements = 0; // most elements alive at once inside a step's backward, beyond what was saved
    double flops = 0;            // multiply-adds count as two

    bool operator==(const GroupFootprint&) const = default;
};

struct CodecFootprint {
    std::int64_t parameters = 0;
    int latentChannels = 0;
    int frameChannels = 3;
    int spatialStride = 8; // frame pixels per latent cell along one axis
    int reach = -1;        // earlier groups that can influence a group; -1 = all of them
    int haloCells = -1;    // context in latent cells that makes spatial tiles exact; -1 = tiles are never exact
    int cacheSlots = 0;
    double cacheElements = 0;  // all slots after a steady group
    double attentionFlops = 0; // per latent frame and pair of cells (grows with cells squared)
    GroupFootprint first;      // the first group of a shot
    GroupFootprint steady;     // every later one

    bool operator==(const CodecFootprint&) const = default;
};

// A denoiser works on tokens: patches of latent cells. Counts are per token unless the name says otherwise.
struct DenoiserFootprint {
    std::int64_t parameters = 0;
    int inputChannels = 0;
    int latentChannels = 0;
    int patchTime = 1, patchHeight = 1, patchWidth = 1; // latent cells in one token
    int textTokens = 0;
    int reach = -1;               // groups, as for CodecFootprint
    int attentionWindow = 0;      // tokens that one token attends to; 0 = all of the clip
    double saved = 0;             // elements kept for the backward, weights trained
    double savedCheckpointed = 0; // with blocks recomputed
    double workElements = 0;      // without gradient
    double flops = 0;             // attention scores left out
    double attentionFlops = 0;    // per pair of tokens

    bool operator==(const DenoiserFootprint&) const = default;
};

struct ModelFootprint {
    std::string name;   // as the catalogue or the file calls it
    std::string family; // "wan2.1", "lite", …
    std::optional<CodecFootprint> encoder;
    std::optional<CodecFootprint> decoder;
    std::optional<DenoiserFootprint> denoiser;

    bool operator==(const ModelFootprint&) const = default;
};

nlohmann::json toJson(const ModelFootprint& footprint);

// Throws base::Error(kInput) that names the field that is missing or of the wrong type. Unknown fields are ignored:
// a newer engine may tell more.
ModelFootprint modelFootprintFromJson(const nlohmann::json& json);

} // namespace reelmend::plan
