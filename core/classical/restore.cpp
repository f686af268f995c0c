#include "core/classical/restore.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/classical/frame_cache.h"
#include "core/classical/planes.h"
#include "core/media/filter_graph.h"
#include "core/video/convert.h"
#include "core/vision/cuts.h"
#include "core/vision/flow.h"
#include "core/vision/noise.h"
#include "core/vision/warp.h"

namespace reelmend::classical {

namespace {

constexpr int kNeighbours = 2;     // frames to either side
constexpr int kMotionSide = 640;   // longer side of the pictures whose motion is measured
constexpr double kQuiet = 1.5;     // noise below which averaging over time is not worth its risk
constexpr double kPerNoise = 0.33; // spp's quantiser for what averaging leaves of noise, and at least, for blocks
constexpr double kLeast = 2;
// At ten bits spp dithers upwards: flat pictures come out 0 or 1 level higher, half of one on average.
constexpr float kDitherMean = 0.125F;
constexpr float kDitherReach = 0.25F; // changes that may be nothing but dither and rounding

// Note [Restoring]
// A frame's result may depend on its index alone (enhancer.h), so recursive filters such as hqdn3d are out. Three
// clips (480x270, six frames each), gain in dB over all samples, noise as FFmpeg's noise=alls:allf=t, then x264:
//                          noise 6, crf 16   12, 16   24, 16   24, 26   none, crf 37   none, mpeg2 q 16
//   spp, quantiser 8                  +1.5     +6.9     +2.4     +2.8           +0.0               +0.3
//   spp by measured noise             +1.5     +6.4     +9.0     +7.6           +0.0               +0.3
//   this                              +3.6     +8.9    +11.9     +9.9           +0.1               +0.3
// nlmeans, bm3d, vaguedenoiser, owdenoise, atadenoise and hqdn3d stayed below spp at the strengths tried; fftdnoiz
// came near in noise but takes 0.3 s a frame.

// What a neighbour says about a frame: its components moved into place, and how far they can be believed.
struct Witness {
    std::vector<video::ImageF> moved;
    video::ImageF weight; // of the first component's size
};

class Restorer : public Enhancer {
public:
    Restorer(const Settings& settings, video::FrameSource& source, const base::Control& control)
        : settings_(settings)
        , control_(control)
        , threads_(settings.threads > 0 ? settings.threads : static_cast<int>(std::thread::hardware_concurrency()))
        , frames_(source, 2 * kNeighbours + 4)
        , cuts_(frames_)
    {}

    EnhancedFrame enhance(std::int64_t index) override
    {
        control_.checkpoint();
        EnhancedFrame result;
        result.source = frames_.frame(index);
        if (settings_.strength <= 0) {
            result.frame = result.source;
            result.changed = std::make_shared<const video::Mask>(result.source.width(), result.source.height(), 1);
            return result;
        }
        measureNoise();
        std::erase_if(views_, [index](const auto& v) { return std::llabs(v.first - index) > kNeighbours; });
        const Planes calm = averaged(index);
        const Planes clean = deblocked(calm, result.source);
        result.frame = withPlanes(result.source, clean, settings_.strength);
        return result;
    }

private:
    struct View {
        Planes planes;
        video::Image8 motion;
    };

    void measureNoise();
    const View& view(std::int64_t index);
    std::vector<std::int64_t> neighbours(std::int64_t index);
    Witness witness(const View& own, const View& other) const;
    Planes averaged(std::int64_t index);
    Planes deblocked(const Planes& planes, const video::Frame& like);

    Settings settings_;
    const base::Control& control_;
    int threads_;
    FrameCache frames_;
    vision::CutFinder cuts_;
    std::optional<double> noise_; // deviation, in 8-bit levels
    std::map<std::int64_t, View> views_;
    std::optional<media::FilterGraph> filter_;
    video::PixelFormat filtered_;
};

void Restorer::measureNoise()
{
    if (noise_) {
        return;
    }
    // Always the same frames, so that every part of the clip is treated alike, whoever asks for it.
    std::vector<double> levels;
    const std::int64_t count = frames_.frameCount();
    const std::int64_t looks = std::min<std::int64_t>(5, count);
    for (std::int64_t k = 0; k < looks; ++k) {
        control_.checkpoint();
        levels.push_back(vision::noiseLevel(video::toLuma8(frames_.frame((2 * k + 1) * count / (2 * looks)))));
    }
    std::sort(levels.begin(), levels.end());
    noise_ = levels[levels.size() / 2];
}

const Restorer::View& Restorer::view(std::int64_t index)
{
    View& view = views_[index];
    if (view.planes.empty()) {
        const video::Frame frame = frames_.frame(index);
        view.planes = planesOf(frame);
        view.motion = vision::softened(vision::motionPicture(frame, kMotionSide), *noise_ > 2 ? 1.0 : 0.0);
    }
    return view;
}

std::vector<std::int64_t> Restorer::neighbours(std::int64_t index)
{
    std::vector<std::int64_t> list;
    for (std::int64_t k = index; k > index - kNeighbours && k > 0 && !cuts_.isCut(k); --k) {
        list.push_back(k - 1);
    }
    for (std::int64_t k = index + 1; k <= index + kNeighbours && k < frames_.frameCount() && !cuts_.isCut(k); ++k) {
        list.push_back(k);
    }
    return list;
}

Witness Restorer::witness(const View& own, const View& other) const
{
    const vision::FlowField motion = vision::denseFlow(own.motion, other.motion, vision::FlowPreset::kFast);
    Witness result;
    for (std::size_t c = 0; c < own.planes.size(); ++c) {
        const video::ImageF& plane = own.planes[c];
        result.moved.push_back(
            vision::warpedCubic(other.planes[c], vision::resizedFlow(motion, plane.width, plane.height)));
    }
    const video::ImageF& luma = own.planes[0];
    video::ImageF difference(luma.width, luma.height, 1);
    for (std::size_t i = 0; i < difference.pixels.size(); ++i) {
        const float d = result.moved[0].pixels[i] - luma.pixels[i];
        difference.pixels[i] = d * d;
    }
    result.weight = vision::boxMean(difference, 3);
    const auto variance = static_cast<float>(*noise_ * *noise_);
    // Two noisy pictures of the same thing differ by twice the variance.
    for (float& value : result.weight.pixels) {
        const float excess = value - 2.2F * variance;
        value = excess > 0 ? std::exp(-excess / (0.8F * variance + 0.5F)) : 1.0F;
    }
    return result;
}

// Mean over time along the motion.
Planes Restorer::averaged(std::int64_t index)
{
    const View& own = view(index);
    Planes sums = own.planes;
    if (*noise_ < kQuiet) {
        return sums;
    }
    std::vector<const View*> others;
    for (const std::int64_t k : neighbours(index)) {
        others.push_back(&view(k));
    }
    std::vector<Witness> witnesses(others.size());
    const auto run = [&](std::size_t begin, std::size_t step) {
        for (std::size_t i = begin; i < others.size(); i += step) {
            witnesses[i] = witness(own, *others[i]);
        }
    };
    if (threads_ > 1) {
        auto second = std::async(std::launch::async, run, 1, 2);
        run(0, 2);
        second.get();
    } else {
        run(0, 1);
    }
    control_.checkpoint();
    for (std::size_t c = 0; c < sums.size(); ++c) {
        video::ImageF& sum = sums[c];
        video::ImageF total(sum.width, sum.height, 1, 1.0F);
        for (const Witness& w : witnesses) {
            const int stepX = (w.weight.width + sum.width - 1) / sum.width;
            const int stepY = (w.weight.height + sum.height - 1) / sum.height;
            for (int y = 0; y < sum.height; ++y) {
                const float* weight = w.weight.row(std::min(y * stepY, w.weight.height - 1));
                for (int x = 0; x < sum.width; ++x) {
                    const float share = weight[std::min(x * stepX, w.weight.width - 1)];
                    sum.row(y)[x] += share * w.moved[c].row(y)[x];
                    total.row(y)[x] += share;
                }
            }
        }
        for (std::size_t i = 0; i < sum.pixels.size(); ++i) {
            sum.pixels[i] /= total.pixels[i];
        }
    }
    return sums;
}

Planes Restorer::deblocked(const Planes& planes, const video::Frame& like)
{
    const video::Frame before = workingFrame(planes, like);
    if (!filter_ || filtered_ != before.format()) {
        // Four times as coarse for ten bits as for eight.
        const int quantiser =
            std::clamp(static_cast<int>(std::lround(4 * std::max(kLeast, kPerNoise * *noise_))), 1, 63);
        filter_.emplace(
            media::FilterSettings{"spp=4:" + std::to_string(quantiser), {before.format().name}, settings_.threads});
        filtered_ = before.format();
    }
    const std::vector<video::Frame> after = filter_->push(before);
    if (after.size() != 1) {
        throw base::Error(base::ErrorKind::kFailed, "A frame could not be restored.",
            "The filter gave " + std::to_string(after.size()) + " frames for one.");
    }
    // Only what the filter changed is taken over: the working format is coarser than some clips are.
    Planes result = planes;
    const Planes a = planesOf(before);
    const Planes b = planesOf(after.front());
    for (std::size_t c = 0; c < result.size(); ++c) {
        for (std::size_t i = 0; i < result[c].pixels.size(); ++i) {
            const float change = b[c].pixels[i] - a[c].pixels[i] - kDitherMean;
            result[c].pixels[i] += std::fabs(change) <= kDitherReach ? 0.0F : change;
        }
    }
    return result;
}

} // namespace

std::unique_ptr<Enhancer> makeRestorer(
    const Settings& settings, video::FrameSource& source, const base::Control& control)
{
    return std::make_unique<Restorer>(settings, source, control);
}

} // namespace reelmend::classical
