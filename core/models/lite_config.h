#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reelmend::models {

// What the network is asked to do. One row of every FiLM table; the order is part of the weight files.
enum class LiteCondition : std::int64_t {
    kUpscale2,
    kUpscale4,
    kRestore,
    kInpaint,
    kRepair,
    kHarmonise,
    kReserved6, // trained rows for later tasks, so that a weight file need not change its shape
    kReserved7,
};
inline constexpr std::int64_t kLiteConditions = 8;

// Channels of the network's input, in this order: R, G, B in [-1, 1]; mask (1 = may change); trust (inside the mask:
// 1 = the given colour comes from real footage, 0 = it is a guess; 1 outside the mask).
inline constexpr std::int64_t kLiteInputChannels = 5;
inline constexpr std::int64_t kLiteGroupFrames = 4;

// Sizes of a lite network. Levels are resolutions: level 0 works on pixels unshuffled by `patch`, every further level
// halves height and width; the latent lives at the last level. Detected from a weight file's names and shapes.
struct LiteConfig {
    std::int64_t patch = 2;
    std::vector<std::int64_t> channels{48, 64, 96}; // per level
    std::vector<std::int64_t> encoderBlocks{1, 1, 1};
    std::vector<std::int64_t> decoderBlocks{1, 2, 1};
    std::int64_t latentChannels = 192;
    std::int64_t transformerBlocks = 2;
    std::int64_t heads = 6;
    std::int64_t mlpChannels = 384;
    std::int64_t conditions = kLiteConditions;
    bool skips = true;    // encoder features fused into the decoder
    bool temporal = true; // features and keys of earlier groups are used; false: every group stands alone (ablation)
    bool overview =
        true; // every window also sees the whole latent, averaged over kLiteOverview x kLiteOverview parts

    bool operator==(const LiteConfig&) const = default;

    std::int64_t levels() const { return static_cast<std::int64_t>(channels.size()); }
    // Side of a latent cell in pixels.
    std::int64_t cell() const { return patch << (levels() - 1); }
    // Channels that a block of `level` takes from the frame before. A rule, not a setting: shapes cannot tell it.
    std::int64_t shiftedChannels(std::int64_t level) const { return temporal ? channels[level] / 4 : 0; }
    // Number of earlier groups that can influence a group of the encoder, the transformer, the decoder, and all
    // three.
    std::int64_t encoderReach() const;
    std::int64_t transformerReach() const { return temporal ? transformerBlocks : 0; }
    std::int64_t decoderReach() const;
    std::int64_t reach() const { return encoderReach() + transformerReach() + decoderReach(); }

    // Throws base::Error(kInput) naming the field when the sizes cannot make a network.
    void check() const;
};

// Windows of the latent attention, in cells.
inline constexpr std::int64_t kLiteWindow = 8;
// Parts per side of the overview: what light and colours the rest of the picture has, whatever its size.
inline constexpr std::int64_t kLiteOverview = 4;

} // namespace reelmend::models
