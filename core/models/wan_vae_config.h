#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/models/causal_codec.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

// Note [Fused frames]
// What Mirage (Wang et al. 2025, re-made on Wan2.1 by ChopGrad, appendix B.4.1) adds to the autoencoder: the encoder
// also sees every frame alone, as if it were the first of its shot, up to its first step that halves time; the
// features come into the decoder right after its last step that doubles time, through a 3x3 convolution over both,
// added to the decoder's own. So detail gets around the latent, without a look into another frame. At zero the
// convolution changes nothing: that is where training starts. Its names are decoder.fusion.weight and .bias, in every
// spelling.

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
    bool fusesFrames = false;                  // Note [Fused frames]

    bool operator==(const WanVaeConfig&) const = default;

    int levels() const { return static_cast<int>(decoderChannels.size()); }
    int spatialStride() const { return 1 << temporal.size(); }
    int framesPerGroup() const;
    // Of Note [Fused frames]: the finest level below which time is halved; -1 where none is.
    int fusionLevel() const;
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
