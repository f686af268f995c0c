#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/base/control.h"
#include "core/enhance/one_step_model.h"
#include "core/enhance/prepared_clip.h"
#include "core/models/denoiser.h"

// What the recipes of Wan and VACE share: a piece of a clip as tensors, and each of the three networks over it, tile
// by tile where it is large. Tensors are float32 on the CPU.
namespace reelmend::enhance {

// What the model is given where the mask says "change".
enum class MaskedPart {
    kGrey, // holes to fill: mid-grey, 0 in [-1, 1]
    kKept, // what is there is to be matched or repaired
};

struct PassSettings {
    // Tokens that the transformer sees at once; larger pictures are cut into tiles. The default is what Wan2.1 was
    // trained for: 81 frames of 832 x 480.
    std::int64_t mostTokens = 32760;
    std::int64_t tileOverlap = 8; // latent cells that two tiles share, in which one turns into the other
    int codecTile = 64;           // latent cells along a side of the autoencoder's tiles, which are exact

    void check() const; // throws base::Error(kUsage) for settings that cannot work
};

// Frames of one shot, padded to what the model takes.
struct ClipPiece {
    at::Tensor video, mask;             // [1, 3, time, height, width] in [-1, 1]; [1, 1, …], 1 = may change
    std::int64_t height = 0, width = 0; // without the padding

    // As the model is to see it.
    at::Tensor shown(MaskedPart part) const;
    // Frames as they came in, of what the model made.
    at::Tensor unpadded(const at::Tensor& frames, std::int64_t count) const;
};
ClipPiece clipPiece(
    const OneStepModel& model, const PreparedClip& clip, base::FrameRange frames, const base::Control& control);

// The normalised mean, [1, channels, time, height, width].
at::Tensor encodedPiece(
    OneStepModel& model, const at::Tensor& video, const PassSettings& settings, const base::Control& control);
// The same, and the encoder's features by group where the decoder takes them (Mirage).
struct EncodedPiece {
    at::Tensor latents;
    std::vector<models::Skips> skips;
};
EncodedPiece encodedPieceWithSkips(
    OneStepModel& model, const at::Tensor& video, const PassSettings& settings, const base::Control& control);

// VACE's context of a piece whose masked part is shown so. `latents`: encodedPiece() of piece.shown(part), so that
// nothing is encoded twice; undefined where that was not made.
at::Tensor contextPiece(OneStepModel& model, const ClipPiece& piece, MaskedPart part, const at::Tensor& latents,
    const PassSettings& settings, const base::Control& control);

// What the transformer predicts. `given` holds text and context of the whole piece; the context is cut with the
// latents.
at::Tensor predictedPiece(OneStepModel& model, const at::Tensor& latents, models::Conditioning given,
    const PassSettings& settings, const base::Control& control);

at::Tensor decodedPiece(OneStepModel& model, const at::Tensor& latents, const std::vector<models::Skips>& skips,
    const PassSettings& settings, const base::Control& control);

} // namespace reelmend::enhance
