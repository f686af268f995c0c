#pragma once
#include <string>

#include "core/models/denoiser.h"
#include "core/models/load.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

// Where a token of CogVideoX's transformer gets its place from.
enum class CogVideoXPositions {
    kSinusoids,     // added to the tokens (2b)
    kRotary,        // turns queries and keys (5b, 1.5)
    kRotaryLearned, // and a table of the checkpoint is added (5b image-to-video)
};

// Shape of a CogVideoX transformer (diffusers: CogVideoXTransformer3DModel). The defaults are 1.5-5b's, and DOVE's.
struct CogVideoXConfig {
    int inputChannels = 16;
    int outputChannels = 16;
    int heads = 48;
    int headChannels = 64;
    int layers = 42;
    int ffnChannels = 12288;
    int timeChannels = 512;
    int textChannels = 4096;
    int textTokens = 226;
    int offsetChannels = 0; // of the embedding of `ofs`; 0 = none
    int patch = 2;          // latent cells of a token along each side
    int patchTime = 2;      // and along time; 0 = one, projected by a convolution (1.0)
    CogVideoXPositions positions = CogVideoXPositions::kRotary;
    int sampleWidth = 300, sampleHeight = 300, sampleFrames = 81; // what it was made for: cells, cells, frames
    int temporalRatio = 4;                                        // frames of a latent
    double spatialScale = 1.875, temporalScale = 1.0;             // of the sinusoids
    bool patchBias = true, attentionBias = true, affineNorms = true;
    bool cosineFirst = true;   // in the sinusoids of the timestep
    double frequencyShift = 0; // of the same
    bool tanhGelu = true;      // the feed-forward network's GELU by tanh, else exact
    double epsilon = 1e-5;

    bool operator==(const CogVideoXConfig&) const = default;

    int channels() const { return heads * headChannels; }
    int tokenFrames() const { return patchTime == 0 ? 1 : patchTime; }
    DenoiserTraits traits() const;
};

// How a checkpoint spells its tensors: as diffusers, or as SAT, in which the originals were trained and released.
enum class CogVideoXNames { kDiffusers, kSat };

struct DetectedCogVideoX {
    CogVideoXConfig config;
    CogVideoXNames names = CogVideoXNames::kDiffusers;
    std::string prefix; // before every name; mostly empty
};

// True when the tensors look like those of a CogVideoX transformer.
bool looksLikeCogVideoX(const WeightStore& store);

// Reads the config off names and shapes. What they do not tell comes from a config.json beside the weights; without
// one, positions are sinusoids for 1,920 channels and rotary otherwise, and the rest is that of the published model
// that is nearest. What they do tell is compared with it. Throws base::Error(kInput) that says what does not fit.
DetectedCogVideoX detectCogVideoX(const WeightStore& store);

// Where the parameter with the given diffusers name lies. SAT keeps queries, keys and values in one tensor, and both
// modulations of a block in another.
StoredPieces cogVideoXStoredPieces(const DetectedCogVideoX& found, const std::string& diffusersName);
// What lies in a SAT checkpoint beside the transformer: tables that are made again, other parts of the model.
bool isBesideCogVideoX(const DetectedCogVideoX& found, const std::string& storedName);

} // namespace reelmend::models
