#pragma once
#include <array>
#include <string>
#include <vector>

#include "core/models/denoiser.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

// Shape of a Wan2.1 transformer (diffusers: WanTransformer3DModel), or of VACE, which adds side blocks that read a
// context beside the latent (WanVACETransformer3DModel). The defaults are T2V-1.3B's.
struct WanTransformerConfig {
    int inputChannels = 16;
    int outputChannels = 16;
    int heads = 12;
    int headChannels = 128;
    int layers = 30;
    int ffnChannels = 8960;
    int textChannels = 4096;
    int frequencies = 256;                // width of the timestep's sinusoids
    std::array<int, 3> patch = {1, 2, 2}; // latent cells of one token: time, height, width
    bool crossNorm = true;                // a LayerNorm with weights before the attention to the text
    double epsilon = 1e-6;
    int contextChannels = 0;     // VACE: 96 = 16 inactive, 16 reactive, 64 mask; 0 = no side blocks
    std::vector<int> vaceLayers; // ascending, the first 0: side block j's hint is added after this layer

    bool operator==(const WanTransformerConfig&) const = default;

    int channels() const { return heads * headChannels; }
    bool isVace() const { return !vaceLayers.empty(); }
    DenoiserTraits traits() const;
};

// How a checkpoint spells its tensors. ComfyUI's files have the original names, mostly behind a prefix.
enum class WanTransformerNames { kDiffusers, kOriginal };

struct DetectedWanTransformer {
    WanTransformerConfig config;
    WanTransformerNames names = WanTransformerNames::kDiffusers;
    std::string prefix; // before every name, e.g. "model.diffusion_model."; mostly empty
};

// True when the tensors look like those of Wan's transformer, of either spelling; the image-to-video kinds too.
bool looksLikeWanTransformer(const WeightStore& store);

// Reads the config off names and shapes. Three things no shape tells: the number of heads, epsilon, and after which
// layers the side blocks' hints come in. They are taken from a config.json beside the weights (of diffusers or of
// Wan's own release); without one they are those of the published models: heads of 128 channels, 1e-6, even spacing.
// All other fields of the config.json are only compared. Throws base::Error(kInput) that says what does not fit.
DetectedWanTransformer detectWanTransformer(const WeightStore& store);

// The stored name of a parameter with the given diffusers name.
std::string wanTransformerStoredName(const DetectedWanTransformer& found, const std::string& diffusersName);

} // namespace reelmend::models
