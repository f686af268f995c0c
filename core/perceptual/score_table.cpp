#include "core/perceptual/score_table.h"

#include <ATen/ATen.h>

#include <array>

#include "core/base/error.h"
#include "core/perceptual/scores.h"

namespace reelmend::perceptual {

namespace {

constexpr std::array<Score, 6> kScores{{
    {"psnr", "PSNR", "dB", true, true, psnr},
    {"psnr-y", "PSNR (Y)", "dB", true, true, psnrLuma},
    {"ssim", "SSIM", "", true, true, ssim},
    {"ms-ssim", "MS-SSIM", "", true, false,
        [](const at::Tensor& clean, const at::Tensor& other, const at::Tensor&) { return msSsim(clean, other); }},
    {"gmsd", "GMSD", "", false, true, gmsd},
    {"vif", "VIF", "", true, false,
        [](const at::Tensor& clean, const at::Tensor& other, const at::Tensor&) { return vif(clean, other); }},
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
