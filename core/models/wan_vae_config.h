#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/models/causal_codec.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

// Shape of a Wan2.1 autoencoder (diffusers: AutoencoderKLWan). Levels run from full resolution to the latent grid.
struct WanVaeConfig {
    int frameChannels = 3;
    int latentChannels = 16;
    int encoderStem = 96; // channels after the encoder's first convolution
    std::vector<int> encoderChannels = {96, 192, 384, 384};
    std::vector<int> decoderChannels = {96, 192, 384, 384};
    int decoderStem = 384;
    int residualBlocks = 2;                           // of an encoder level; the decoder has one more
    std::vector<bool> temporal = {false, true, true}; // which step to the next level also halves time
    std::vector<bool> encoderAttention = {
        false, false, false, false};           // attention after each residual block of a level
    std::vector<double> latentMean, latentStd; // per channel; empty = not known

    bool operator==(const WanVaeConfig&) const = default;

    int levels() const { return static_cast<int>(decoderChannels.size()); }
    int spatialStride() const { return 1 << temporal.size(); }
    int framesPerGroup() const;
    CodecTraits traits() const;
};

// How a checkpoint spells its tensors.
enum class WanVaeNames { kDiffusers, kOriginal };

struct DetectedWanVae {
    WanVaeConfig config;
    WanVaeNames names = WanVaeNames::kDiffusers;
    std::string prefix; // before every name, e.g. "vae."; mostly empty
    bool hasEncoder = false, hasDecoder = false;
};

// True when the tensors look like a Wan autoencoder's, of either spelling; other versions' too.
bool looksLikeWanVae(const WeightStore& store);

// Reads the config off names and shapes. A config.json beside the weights adds mean and std and is otherwise only
// compared: where it differs, base::Error(kInput) names the field. Without one, the published statistics are taken
// for 16 channels. Throws base::Error(kInput) for a checkpoint of another kind, saying what it is.
DetectedWanVae detectWanVae(const WeightStore& store);

// The stored name of a parameter with the given diffusers name.
std::string wanVaeStoredName(const DetectedWanVae& found, const std::string& diffusersName);

} // namespace reelmend::models
