#include "core/perceptual/score_table.h"

#include <ATen/ATen.h>

#include <array>

#include "core/base/error.h"
#include "core/perceptual/lpips.h"
#include "core/perceptual/network_files.h"
#include "core/perceptual/niqe.h"
#include "core/perceptual/scores.h"

namespace reelmend::perceptual {

namespace {

at::Tensor signedRange(const at::Tensor& picture)
{
    return picture * 2 - 1;
}

// Of the second clip alone: the clean one is not asked.
LoadedScore loadNiqeScore(const at::TensorOptions&)
{
    const auto niqe = loadNiqe(bundledFile("niqe.safetensors"));
    return [niqe](const at::Tensor&, const at::Tensor& other) { return niqe->score(other); };
}

LoadedScore loadDistsScore(const at::TensorOptions& options)
{
    const auto dists = openDists(options);
    return [dists](const at::Tensor& clean, const at::Tensor& other) {
        checkFeatureSize(clean, other);
        return dists->distance(signedRange(clean), signedRange(other));
    };
}

LoadedScore loadSqueezeScore(const at::TensorOptions& options)
{
    const auto lpips = loadLpips(bundledFile("lpips_squeeze_v0.1.safetensors"), options);
    return [lpips](const at::Tensor& clean, const at::Tensor& other) {
        checkFeatureSize(clean, other);
        return lpips->distance(signedRange(clean), signedRange(other), /*exact=*/true);
    };
}

template <Trunk kTrunk> LoadedScore loadLpipsScore(const at::TensorOptions& options)
{
    const auto lpips = openDeepLpips(kTrunk, options);
    return [lpips](const at::Tensor& clean, const at::Tensor& other) {
        checkFeatureSize(clean, other);
        return lpips->distance(signedRange(clean), signedRange(other), /*exact=*/true);
    };
}

constexpr std::array<Score, 14> kScores{{
    {"psnr", "PSNR", "dB", true, true, psnr},
    {"psnr-y", "PSNR (Y)", "dB", true, true, psnrLuma},
    {"ssim", "SSIM", "", true, true, ssim},
    {"ms-ssim", "MS-SSIM", "", true, false,
        [](const at::Tensor& clean, const at::Tensor& other, const at::Tensor&) { return msSsim(clean, other); }},
    {"gmsd", "GMSD", "", false, true, gmsd},
    {"vif", "VIF", "", true, false,
        [](const at::Tensor& clean, const at::Tensor& other, const at::Tensor&) { return vif(clean, other); }},
    {"niqe", "NIQE", "", false, false, nullptr, loadNiqeScore},
    {"dists", "DISTS", "", false, false, nullptr, loadDistsScore},
    {"lpips-squeeze", "LPIPS (SqueezeNet)", "", false, false, nullptr, loadSqueezeScore},
    {"lpips-alex", "LPIPS (AlexNet)", "", false, false, nullptr, loadLpipsScore<Trunk::kAlexNet>},
    {"lpips-vgg", "LPIPS (VGG-16)", "", false, false, nullptr, loadLpipsScore<Trunk::kVgg16>},
    {"flicker", "Flicker", "", false, true,
        [](const at::Tensor& clean, const at::Tensor& other, const at::Tensor& weight) {
            return flicker(other, clean, weight);
        },
        nullptr, ScoreSpan::kPair},
    {"ewarp", "E*warp x 1000", "", false, false, nullptr, nullptr, ScoreSpan::kPair,
        [](const FlowFunction& flow) -> LoadedScore {
            return [flow](const at::Tensor&, const at::Tensor& other) { return 1000 * warpingError(other, flow); };
        }},
    {"ewarp-a", "E*warp x 1000 of the first", "", false, false, nullptr, nullptr, ScoreSpan::kPair,
        [](const FlowFunction& flow) -> LoadedScore {
            return [flow](const at::Tensor& clean, const at::Tensor&) { return 1000 * warpingError(clean, flow); };
        }},
}};

} // namespace

std::span<const Score> scoreTable()
{
    return kScores;
}

const Score& scoreByName(std::string_view name)
{
    std::string names;
    for (const Score& score : kScores) {
        if (score.name == name) {
            return score;
        }
        names += (names.empty() ? "" : ", ") + std::string(score.name);
    }
    throw base::Error(base::ErrorKind::kUsage, "The clips cannot be compared.",
        "There is no metric \"" + std::string(name) + "\".", "Choose from " + names + ".");
}

} // namespace reelmend::perceptual
