#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>

#include "core/base/control.h"
#include "core/enhance/blended_windows.h"
#include "core/enhance/one_step_model.h"
#include "core/enhance/prepared_clip.h"

// A clip through DOVE (arXiv 2505.16239): CogVideoX 1.5 used once, at t = 399, on the latent of the enlarged clip.
namespace reelmend::enhance {

enum class Posterior { kSample, kMean }; // of the encoder's distribution: DOVE samples

struct DoveSettings {
    int scale = 4;
    WindowSettings windows = {49, 8}; // of frames; DOVE's authors advise windows below 100 that share 8
    // Latent cells that a tile holds at most: what the authors advise for, below 1360 x 768 pixels.
    std::int64_t mostCells = 170 * 96;
    std::int64_t tileOverlap = 4; // latent cells that two tiles share, 32 pixels, in which one turns into the other
    Posterior posterior = Posterior::kSample;
    std::uint64_t seed = 42;  // of the sample
    bool roundedGains = true; // see diffusion::doveStep
};

// Note [Tiles of DOVE]: the autoencoder's group norms span the picture, so nothing of it can be tiled exactly: a tile
// goes through encoder, transformer and decoder as a clip of its own, and the pictures of neighbours turn into each
// other where they overlap. DOVE's own script cuts hard in the middle of the overlap, which shows.

// Memory is one or two windows', whatever the clip's length; one part of the model is loaded at a time. Owned and
// used by one thread.
class DoveEnhancer {
public:
    // `text`: [1, tokens, channels]; `clip` gives frames of the source's size. Throws base::Error(kUsage) for
    // settings that cannot work.
    DoveEnhancer(OneStepModel model, at::Tensor text, const DoveSettings& settings, PreparedClip clip);

    // The model's picture for a frame, `scale` times the source's size, not clamped. Ascending order is fast. Asks
    // `clip` for frames in ascending order within a window. Throws what the clip throws, Error(kUsage) outside of it,
    // and Cancelled.
    video::ImageF make(std::int64_t frame, const base::Control& control);

private:
    at::Tensor run(base::FrameRange frames, const base::Control& control);
    at::Tensor enlarged(base::FrameRange frames, const base::Control& control) const;
    at::Tensor encoded(const at::Tensor& video, std::uint64_t seed, const base::Control& control);
    at::Tensor cleaned(const at::Tensor& latents, const base::Control& control);

    OneStepModel model_;
    at::Tensor text_;
    DoveSettings settings_;
    PreparedClip clip_;
    BlendedWindows windows_;
};

// Where DOVE's embedding of the empty prompt lies: in the model's folder, in prompt_embeddings/ there or beside it
// (as in DOVE's own repository); the file is called by the SHA-256 of nothing. Empty when it is nowhere.
std::filesystem::path emptyPromptFile(const std::filesystem::path& folder);

} // namespace reelmend::enhance
