#include "core/train/validation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/perceptual/scores.h"

namespace reelmend::train {

namespace {

constexpr std::uint64_t kSeed = 424242;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kGap = 4;         // pixels between pictures of a sheet
constexpr std::int64_t kSliceHeight = 4; // pixels of a frame in a slice

ClipScores scoresOf(
    const at::Tensor& frames, const at::Tensor& target, const at::Tensor& mask, const perceptual::Lpips* lpips)
{
    ClipScores scores{kNone, kNone, kNone, kNone, kNone};
    const std::int64_t side = std::min(frames.size(2), frames.size(3));
    scores.psnr = perceptual::psnr(frames, target, mask).clamp_max(100).mean().item<double>();
    if (side >= 11) {
        scores.ssim = perceptual::ssim(frames, target, mask).mean().item<double>();
        scores.gmsd = perceptual::gmsd(frames, target).mean().item<double>();
    }
    if (lpips && side >= 32) {
        scores.lpips = lpips->distance(frames * 2 - 1, target * 2 - 1, true).mean().item<double>();
    }
    if (frames.size(0) > 1) {
        scores.flicker = perceptual::flicker(frames, target).mean().item<double>();
    }
    return scores;
}

// Means over the clips that have the score.
ClipScores meanOf(const std::vector<ValidatedClip>& clips, ClipScores ValidatedClip::*which)
{
    ClipScores mean;
    for (double ClipScores::*score :
        {&ClipScores::psnr, &ClipScores::ssim, &ClipScores::lpips, &ClipScores::gmsd, &ClipScores::flicker}) {
        double sum = 0;
        int count = 0;
        for (const ValidatedClip& clip : clips) {
            const double value = clip.*which.*score;
            sum += std::isnan(value) ? 0 : value;
            count += std::isnan(value) ? 0 : 1;
        }
        mean.*score = count ? sum / count : kNone;
    }
    return mean;
}

at::Tensor bytesOf(const at::Tensor& picture) // [3, h, w] in [0, 1]
{
    return (picture.clamp(0, 1) * 255).round().to(at::kByte).permute({1, 2, 0}).contiguous();
}

at::Tensor grey(std::int64_t height, std::int64_t width)
{
    return at::full({height, width, 3}, 128, at::kByte);
}

} // namespace

std::vector<Batch> validationBatches(const ClipPack& pack, BatchSettings settings, int count)
{
    for (const PackedSegment& segment : pack.segments()) {
        settings.crop = std::min(settings.crop, std::min(segment.height, segment.width) / 8 * 8);
    }
    settings.clips = 1;
    settings.plainShare = 1;
    settings.longShare = 0;
    std::vector<Batch> batches;
    for (int i = 0; i < count; ++i) {
        batches.push_back(drawBatch(pack, settings, kSeed, static_cast<std::uint64_t>(i), 0));
    }
    return batches;
}

Validation validate(const std::vector<Batch>& batches, const RunBatch& run, const perceptual::Lpips* lpips,
    const base::Control& control)
{
    const at::NoGradGuard noGrad;
    Validation validation;
    for (const Batch& batch : batches) {
        control.checkpoint();
        const at::Tensor made = run(batch).to(at::kFloat);
        for (std::int64_t i = 0; i < batch.input.size(0); ++i) {
            const at::Tensor input = batch.input[i], mask = input.narrow(1, 3, 1);
            ValidatedClip clip;
            clip.given = (input.narrow(1, 0, 3) * 0.5 + 0.5).clamp(0, 1);
            clip.target = (batch.target[i] * 0.5 + 0.5).clamp(0, 1);
            const at::Tensor result = (made[i] * 0.5 + 0.5).clamp(0, 1);
            clip.result = clip.given + (result - clip.given) * mask;
            // A frame whose mask happens to be empty would have no score.
            const bool isMasked = mask.amin().item<float>() < 1 && mask.mean({1, 2, 3}).amin().item<float>() > 0;
            const at::Tensor weight = isMasked ? mask : at::Tensor();
            clip.before = scoresOf(clip.given, clip.target, weight, lpips);
            clip.after = scoresOf(clip.result, clip.target, weight, lpips);
            validation.clips.push_back(std::move(clip));
        }
    }
    validation.before = meanOf(validation.clips, &ValidatedClip::before);
    validation.after = meanOf(validation.clips, &ValidatedClip::after);
    return validation;
}

at::Tensor framePicture(const at::Tensor& frames, std::int64_t frame)
{
    return bytesOf(frames[frame]);
}

at::Tensor differencePicture(const ValidatedClip& clip)
{
    const std::int64_t middle = clip.result.size(0) / 2;
    return bytesOf((clip.result[middle] - clip.target[middle]).abs() * 4);
}

at::Tensor timeSlice(const ValidatedClip& clip)
{
    std::vector<at::Tensor> strips;
    const std::int64_t row = clip.result.size(2) / 2;
    for (const at::Tensor* frames : {&clip.given, &clip.result, &clip.target}) {
        const at::Tensor lines = frames->select(2, row).permute({1, 0, 2}); // [3, frames, width]
        strips.push_back(bytesOf(lines.repeat_interleave(kSliceHeight, 1)));
        strips.push_back(grey(kGap, lines.size(2)));
    }
    strips.pop_back();
    return at::cat(strips, 0);
}

at::Tensor contactSheet(const Validation& validation)
{
    std::vector<at::Tensor> rows;
    for (const ValidatedClip& clip : validation.clips) {
        const std::int64_t middle = clip.result.size(0) / 2, height = clip.result.size(2);
        const at::Tensor gap = grey(height, kGap);
        rows.push_back(at::cat({framePicture(clip.given, middle), gap, framePicture(clip.result, middle), gap,
                                   framePicture(clip.target, middle), gap, differencePicture(clip)},
            1));
        rows.push_back(grey(kGap, rows.back().size(1)));
    }
    if (!rows.empty()) {
        rows.pop_back();
    }
    return rows.empty() ? grey(1, 1) : at::cat(rows, 0);
}

} // namespace reelmend::train
