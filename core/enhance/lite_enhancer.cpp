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
    const auto condition = static_cast<std::int64_t>(settings.condition);
    models::LiteWeights result =
        models::folded(weights, condition, weights.dial(condition, settings.detail), settings.dtype);
    result.visit([&settings](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        tensor = tensor.to(settings.device);
        if (tensor.dim() == 4) {
            tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
        }
    });
    return result;
}

// See Note [Groups of a clip].
std::int64_t groupOf(std::int64_t frame)
{
    return (frame + kGroup - 1) / kGroup;
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

LiteEnhancer::LiteEnhancer(const models::LiteWeights& weights, const LiteSettings& settings, LiteClip clip)
    : weights_(foldedWeights(weights, settings))
    , settings_(settings)
    , clip_(std::move(clip))
{}

// [frames, 3, height, width], cropped to the picture.
at::Tensor LiteEnhancer::pass(const at::Tensor& input, int width, int height)
{
    const at::Tensor given = input
                                 .to(settings_.device) // float32: the network adds its result to it
                                 .contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor output = models::lite::pass(weights_, given, input.size(0), cache_);
    return output.narrow(2, 0, height).narrow(3, 0, width).transpose(0, 1).unsqueeze(0); // [1, 3, frames, h, w]
}

void LiteEnhancer::runAlone(std::int64_t frame)
{
    cache_ = {};
    std::vector<PreparedFrame> frames;
    frames.push_back(clip_.prepare(frame));
    const int width = frames.front().rgb.width, height = frames.front().rgb.height;
    const at::Tensor input = inputOf(frames, weights_.config.cell());
    frames.clear();
    ready_.clear();
    ready_.emplace_back(frame, std::move(tensor::imagesFromVideo(pass(input, width, height)).front()));
    nextGroup_ = groupOf(frame + 1);
    lastFrame_ = frame;
}

// Of the group's frames those of [first, end) belong to the shot; `first` may have been through alone.
void LiteEnhancer::runGroup(std::int64_t group, std::int64_t first, std::int64_t end)
{
    const base::FrameRange span = framesOfGroup(group);
    ready_.clear();
    std::vector<PreparedFrame> frames;
    for (std::int64_t i = span.begin; i < span.end; ++i) {
        const bool isRepeated = !frames.empty() && (i <= first || i >= end);
        frames.push_back(isRepeated ? PreparedFrame(frames.back()) : clip_.prepare(std::max(i, first)));
    }
    const int width = frames.front().rgb.width, height = frames.front().rgb.height;
    const at::Tensor input = inputOf(frames, weights_.config.cell());
    frames.clear();
    std::vector<video::ImageF> pictures = tensor::imagesFromVideo(pass(input, width, height));
    for (std::int64_t i = std::max(span.begin, lastFrame_ + 1); i < std::min(span.end, end); ++i) {
        ready_.emplace_back(i, std::move(pictures[static_cast<std::size_t>(i - span.begin)]));
    }
    nextGroup_ = group + 1;
    lastFrame_ = std::min(span.end, end) - 1;
}

video::ImageF LiteEnhancer::make(std::int64_t frame, const base::Control& control)
{
    if (frame < 0 || frame >= clip_.frameCount) {
        throw base::Error(base::ErrorKind::kUsage, "Frame " + std::to_string(frame) + " cannot be made.",
            "The clip has " + std::to_string(clip_.frameCount) + " frames.", "Choose a range inside the clip.");
    }
    control.checkpoint();
    const auto taken = [&]() -> video::ImageF* {
        const auto found =
            std::find_if(ready_.begin(), ready_.end(), [&](const auto& r) { return r.first == frame; });
        return found == ready_.end() ? nullptr : &found->second;
    };
    if (const video::ImageF* picture = taken()) {
        return *picture;
    }
    const c10::AutoGradMode withoutGradient(false);
    const std::int64_t group = groupOf(frame);
    const auto cutIn = [&](std::int64_t first, std::int64_t last) { // the last one of [first, last], or -1
        while (last >= first && !clip_.startsShot(last)) {
            --last;
        }
        return last >= first ? last : -1;
    };
    std::int64_t end = frame + 1; // of the shot, as far as this group shows
    while (end < std::min(framesOfGroup(group).end, clip_.frameCount) && !clip_.startsShot(end)) {
        ++end;
    }
    if (group == nextGroup_ && frame > lastFrame_ && cutIn(lastFrame_ + 1, frame) < 0) {
        // The group may begin before the shot does: then the cache has seen the shot's first frame and no other.
        runGroup(group, std::max(lastFrame_, framesOfGroup(group).begin), end);
        return *taken();
    }
    const std::int64_t oldest = std::max<std::int64_t>(0, group - weights_.config.reach());
    const std::int64_t start = cutIn(framesOfGroup(oldest).begin, frame);
    std::int64_t g = oldest;
    if (start >= 0) {
        runAlone(start);
        g = nextGroup_;
    } else {
        cache_ = {models::midShotCache(), models::midShotCache(), models::midShotCache()};
        lastFrame_ = framesOfGroup(oldest).begin - 1;
    }
    for (; g <= group && lastFrame_ < frame; ++g) {
        control.checkpoint();
        runGroup(g, std::max(framesOfGroup(g).begin, start), g == group ? end : framesOfGroup(g).end);
    }
    return *taken();
}

} // namespace reelmend::enhance
