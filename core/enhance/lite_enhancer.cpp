#include "core/enhance/lite_enhancer.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/models/lite_forward.h"
#include "core/tensor/layout.h"

namespace reelmend::enhance {

namespace {

constexpr std::int64_t kGroup = models::kLiteGroupFrames;

models::LiteWeights foldedWeights(const models::LiteWeights& weights, const LiteSettings& settings)
{
    if (!(settings.detail >= 0 && settings.detail <= 1)) {
        throw base::Error(base::ErrorKind::kUsage, "The detail dial cannot be set to that.", "It goes from 0 to 1.",
            "Choose 0 for the most faithful result and 1 for the most detail.");
    }
    const c10::AutoGradMode withoutGradient(false);
    models::LiteWeights result =
        models::folded(weights, static_cast<std::int64_t>(settings.condition), settings.detail, settings.dtype);
    result.visit([&settings](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        tensor = tensor.to(settings.device);
        if (tensor.dim() == 4) {
            tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
        }
    });
    return result;
}

// Group 0 of a shot is its first frame alone; group g holds frames 1 + 4 (g - 1) … 4 g.
std::int64_t groupOf(std::int64_t frameInShot)
{
    return frameInShot == 0 ? 0 : (frameInShot - 1) / kGroup + 1;
}

base::FrameRange framesOfGroup(std::int64_t group)
{
    return group == 0 ? base::FrameRange{0, 1} : base::FrameRange{1 + kGroup * (group - 1), 1 + kGroup * group};
}

at::Tensor plane(const video::Image8& trust)
{
    const at::Tensor bytes = at::from_blob(
        const_cast<std::uint8_t*>(trust.pixels.data()), {1, 1, 1, trust.height, trust.width}, at::kByte);
    return bytes.to(at::kFloat) / 255.0;
}

// [frames, 5, height, width] in the order of kLiteInputChannels.
at::Tensor inputOf(const std::vector<PreparedFrame>& group, std::int64_t cell)
{
    std::vector<at::Tensor> frames;
    for (const PreparedFrame& frame : group) {
        const at::Tensor rgb = tensor::videoFromImages({&frame.rgb, 1}); // [1, 3, 1, height, width]
        const at::Tensor one = at::ones({1, 1, 1, rgb.size(3), rgb.size(4)});
        const at::Tensor mask = frame.mask.empty() ? one : tensor::matteFromMasks({&frame.mask, 1});
        const at::Tensor trust = frame.trust.empty() ? one : plane(frame.trust);
        frames.push_back(at::cat({rgb, mask, trust}, 1));
    }
    const at::Tensor padded = tensor::padToMultiple(at::cat(frames, 2), static_cast<int>(cell));
    return padded.squeeze(0).transpose(0, 1);
}

} // namespace

base::FrameRange Shots::shotOf(std::int64_t frame) const
{
    if (frame < 0 || frame >= frameCount || starts.empty() || starts.front() != 0) {
        throw base::Error(base::ErrorKind::kUsage, "Frame " + std::to_string(frame) + " is in no shot.",
            "The clip has " + std::to_string(frameCount) + " frames.", "Choose a range inside the clip.");
    }
    const auto next = std::upper_bound(starts.begin(), starts.end(), frame);
    return {*(next - 1), next == starts.end() ? frameCount : *next};
}

LiteEnhancer::LiteEnhancer(const models::LiteWeights& weights, const LiteSettings& settings)
    : weights_(foldedWeights(weights, settings))
    , settings_(settings)
{}

std::int64_t LiteEnhancer::warmUpFrames() const
{
    return weights_.config.reach() * kGroup;
}

void LiteEnhancer::run(base::FrameRange range, const Shots& shots, const Prepare& prepare, const Take& take,
    const base::Control& control) const
{
    const c10::AutoGradMode withoutGradient(false);
    const std::int64_t cell = weights_.config.cell();
    std::int64_t next = range.begin;
    while (next < range.end) {
        const base::FrameRange shot = shots.shotOf(next);
        const std::int64_t end = std::min(shot.end, range.end);
        const std::int64_t lastGroup = groupOf(end - 1 - shot.begin);
        const std::int64_t firstGroup =
            std::max<std::int64_t>(0, groupOf(next - shot.begin) - weights_.config.reach());
        models::lite::PassCache cache;
        if (firstGroup > 0) {
            cache = {models::midShotCache(), models::midShotCache(), models::midShotCache()};
        }
        for (std::int64_t group = firstGroup; group <= lastGroup; ++group) {
            control.checkpoint();
            const base::FrameRange span = framesOfGroup(group);
            std::vector<PreparedFrame> frames;
            for (std::int64_t i = span.begin; i < span.end; ++i) {
                // A shot's last group is filled up with its last frame; causality keeps the real frames clean of it.
                frames.push_back(shot.begin + i < shot.end ? prepare(shot.begin + i) : PreparedFrame(frames.back()));
            }
            const int width = frames.front().rgb.width;
            const int height = frames.front().rgb.height;
            const at::Tensor input = inputOf(frames, cell)
                                         .to(settings_.device) // float32: the network adds its result to it
                                         .contiguous(at::MemoryFormat::ChannelsLast);
            const at::Tensor output = models::lite::pass(weights_, input, span.size(), cache);
            const at::Tensor cropped =
                output.narrow(2, 0, height).narrow(3, 0, width).transpose(0, 1).unsqueeze(0); // [1, 3, frames, h, w]
            if (shot.begin + span.end <= next) {
                continue; // warm-up
            }
            std::vector<video::ImageF> pictures = tensor::imagesFromVideo(cropped);
            for (std::int64_t i = span.begin; i < span.end; ++i) {
                const std::int64_t frame = shot.begin + i;
                if (frame >= next && frame < end) {
                    take(frame, std::move(pictures[static_cast<std::size_t>(i - span.begin)]));
                }
            }
        }
        next = end;
    }
}

} // namespace reelmend::enhance
