#pragma once
#include <string>
#include <vector>

#include "core/models/causal_codec.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

// Shape of a CogVideoX autoencoder (diffusers: AutoencoderKLCogVideoX). Levels run from full resolution to the latent
// grid.
struct CogVideoXVaeConfig {
    int frameChannels = 3;
    int latentChannels = 16;
    std::vector<int> channels = {128, 256, 256, 512};
    int residualBlocks = 3;            // of an encoder level; the decoder has one more
    int temporalLevels = 2;            // steps between levels that also halve time, finest first
    int normGroups = 32;               // of every group norm
    double normEpsilon = 1e-6;         // of the encoder's residual blocks; the other norms have 1e-6
    double scalingFactor = 0.7;        // the denoiser's latent = this times the network's
    bool quantConvolution = false;     // 1x1x1 after the encoder
    bool postQuantConvolution = false; // 1x1x1 before the decoder

    bool operator==(const CogVideoXVaeConfig&) const = default;

    int levels() const { return static_cast<int>(channels.size()); }
    int spatialStride() const { return 1 << (levels() - 1); }
    CodecTraits traits() const;
};

// How a checkpoint spells its tensors: as diffusers, or as SAT, in which the original was trained.
enum class CogVideoXVaeNames { kDiffusers, kSat };

struct DetectedCogVideoXVae {
    CogVideoXVaeConfig config;
    CogVideoXVaeNames names = CogVideoXVaeNames::kDiffusers;
    std::string prefix; // before every name; mostly empty
    bool hasEncoder = false, hasDecoder = false;
};

// True when the tensors look like a CogVideoX autoencoder's, of either spelling.
bool looksLikeCogVideoXVae(const WeightStore& store);

// Reads the config off names and shapes. What they do not tell (groups of the norms, which steps halve time, the
// scaling factor) comes from a config.json beside the weights, else it is that of the published models; what they do
// tell is compared with it: where it differs, base::Error(kInput) names the field.
DetectedCogVideoXVae detectCogVideoXVae(const WeightStore& store);

// The stored name of a parameter with the given diffusers name.
std::string cogVideoXVaeStoredName(const DetectedCogVideoXVae& found, const std::string& diffusersName);

// Frames or latents of one shot as ranges of one group each: `perGroup`, and at the front what is left over.
std::vector<base::FrameRange> cogVideoXGroups(std::int64_t count, std::int64_t perGroup);
// What `frames` of one group become when time is halved or doubled `levels` times, the first of an odd number apart.
std::int64_t cogVideoXHalved(std::int64_t frames, int levels);
std::int64_t cogVideoXDoubled(std::int64_t frames, int levels);

} // namespace reelmend::models
