#include "core/classical/inpaint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <list>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/classical/clip_window.h"
#include "core/classical/trace.h"
#include "core/video/convert.h"
#include "core/vision/patch_fill.h"
#include "core/vision/sampling.h"
#include "core/vision/smooth_fill.h"

namespace reelmend::classical {

namespace {

constexpr float kDisagreement = 25; // mean difference of colours, of 255, that is no longer noise

// The part of a frame around its hole, with the hole filled as far as it is known how.
struct Fill {
    Box box;
    video::ImageF rgb;     // 0…255
    video::Image8 missing; // nothing found for these
    video::Image8 madeUp;  // nothing was found for these in other frames
    bool isComplete = true;
};

class Inpainter : public Enhancer {
public:
    Inpainter(
        const Settings& settings, video::FrameSource& source, video::MaskSource& mask, const base::Control& control)
        : settings_(settings)
        , source_(source)
        , control_(control)
        , threads_(settings.threads > 0 ? settings.threads : static_cast<int>(std::thread::hardware_concurrency()))
        , window_(source, mask, threads_, control)
    {}

    EnhancedFrame enhance(std::int64_t index) override;

private:
    Fill fromOtherFrames(
        std::int64_t index, base::FrameRange shot, HoleTrace& trace, std::int64_t first, std::int64_t second);
    void blendSeam(std::int64_t index, Fill& fill, const HoleTrace& trace);
    std::array<float, 3> look(const Sight& a, std::int64_t index, const Sight& b, float dx, float dy);
    const Fill& anchor(std::int64_t index);
    void complete(std::int64_t index, Fill& fill);
    Fill fillFrame(std::int64_t index);

    Settings settings_;
    video::FrameSource& source_;
    const base::Control& control_;
    int threads_;
    ClipWindow window_;
    std::list<std::pair<std::int64_t, Fill>> anchors_; // newest first
};

// Colour behind a pixel as the nearer and the farther sight say, shifted by (dx, dy).
std::array<float, 3> Inpainter::look(const Sight& a, std::int64_t index, const Sight& b, float dx, float dy)
{
    std::array<std::array<float, 3>, 2> rgb{};
    const std::array<const Sight*, 2> sights{&a, &b};
    std::array<float, 2> weight{};
    for (std::size_t i = 0; i < 2; ++i) {
        const Sight& s = *sights[i];
        if (s.isSeen()) {
            window_.picture(s.frame).sample(s.x + dx, s.y + dy, rgb[i].data());
            const float distance = static_cast<float>(std::abs(s.frame - index));
            weight[i] = 1 / (distance * distance);
        }
    }
    if (weight[0] > 0 && weight[1] > 0) {
        // Where the two disagree, a mixture would show both: the nearer one counts.
        float difference = 0;
        for (std::size_t c = 0; c < 3; ++c) {
            difference += std::fabs(rgb[0][c] - rgb[1][c]) / (3 * kDisagreement);
        }
        weight[weight[0] >= weight[1] ? 1 : 0] *= std::exp(-difference * difference);
    }
    std::array<float, 3> mean{};
    for (std::size_t c = 0; c < 3; ++c) {
        mean[c] = (weight[0] * rgb[0][c] + weight[1] * rgb[1][c]) / std::max(weight[0] + weight[1], 1e-9F);
    }
    return mean;
}

Fill Inpainter::fromOtherFrames(
    std::int64_t index, base::FrameRange shot, HoleTrace& trace, std::int64_t first, std::int64_t second)
{
    const video::Mask& mask = window_.mask(index);
    Fill fill;
    fill.box = boxOf(mask).grown(window_.margin() + 3, mask.width, mask.height);
    fill.rgb = video::ImageF(fill.box.width(), fill.box.height(), 3);
    fill.missing = video::Image8(fill.box.width(), fill.box.height(), 1);
    const Picture& own = window_.picture(index);
    for (int y = 0; y < fill.rgb.height; ++y) {
        for (int x = 0; x < fill.rgb.width; ++x) {
            own.at(fill.box.left + x, fill.box.top + y, fill.rgb.row(y) + 3 * x);
        }
    }
    trace = traceHole(window_, index, shot, first, second, threads_);
    for (std::size_t i = 0; i < trace.pixels.size(); ++i) {
        const int x = trace.pixels[i] % mask.width - fill.box.left;
        const int y = trace.pixels[i] / mask.width - fill.box.top;
        if (trace.earlier[i].isSeen() || trace.later[i].isSeen()) {
            const auto rgb = look(trace.earlier[i], index, trace.later[i], 0, 0);
            std::copy(rgb.begin(), rgb.end(), fill.rgb.row(y) + 3 * x);
        } else {
            fill.missing.row(y)[x] = 255;
            fill.isComplete = false;
        }
    }
    fill.madeUp = fill.missing;
    blendSeam(index, fill, trace);
    return fill;
}

// Light changes and small errors of motion show as a seam. What the sights of the hole's edge say about the pixels
// just outside is compared with what is there, and the difference, smoothed along the edge, is spread over the hole
// as smoothly as possible (the membrane of Poisson blending).
void Inpainter::blendSeam(std::int64_t index, Fill& fill, const HoleTrace& trace)
{
    const int width = fill.rgb.width;
    const int height = fill.rgb.height;
    const int clipWidth = window_.width();
    video::ImageF difference(width, height, 4); // sums of RGB and their weight
    video::Image8 inside(width, height, 1);
    for (std::size_t i = 0; i < trace.pixels.size(); ++i) {
        inside.row(trace.pixels[i] / clipWidth - fill.box.top)[trace.pixels[i] % clipWidth - fill.box.left] = 255;
    }
    for (std::size_t i = 0; i < trace.pixels.size(); ++i) {
        const int x = trace.pixels[i] % clipWidth - fill.box.left;
        const int y = trace.pixels[i] / clipWidth - fill.box.top;
        if (fill.missing.row(y)[x] > 0) {
            continue;
        }
        for (const auto& [dx, dy] : {std::pair{-1, 0}, std::pair{1, 0}, std::pair{0, -1}, std::pair{0, 1}}) {
            for (int far = 1; far <= 2; ++far) {
                const int ox = x + far * dx;
                const int oy = y + far * dy;
                if (ox < 0 || oy < 0 || ox >= width || oy >= height || inside.row(oy)[ox] > 0) {
                    break;
                }
                const auto said = look(trace.earlier[i], index, trace.later[i], static_cast<float>(far * dx),
                    static_cast<float>(far * dy));
                float* out = difference.row(oy) + 4 * ox;
                const float* own = fill.rgb.row(oy) + 3 * ox;
                for (std::size_t c = 0; c < 3; ++c) {
                    out[c] += std::clamp(own[c] - said[c], -40.0F, 40.0F);
                }
                out[3] += 1;
            }
        }
    }
    // Mean over a 9x9 neighbourhood of the ring.
    video::ImageF membrane(width, height, 3);
    video::Image8 unknown(width, height, 1, 255);
    bool any = false;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            if (inside.row(y)[x] > 0 || difference.row(y)[4 * x + 3] == 0) {
                continue;
            }
            std::array<float, 4> sum{};
            for (int j = std::max(y - 4, 0); j <= std::min(y + 4, height - 1); ++j) {
                for (int i = std::max(x - 4, 0); i <= std::min(x + 4, width - 1); ++i) {
                    for (std::size_t c = 0; c < 4; ++c) {
                        sum[c] += difference.row(j)[4 * i + static_cast<int>(c)];
                    }
                }
            }
            for (std::size_t c = 0; c < 3; ++c) {
                membrane.row(y)[3 * x + static_cast<int>(c)] = sum[c] / sum[3];
            }
            unknown.row(y)[x] = 0;
            any = true;
        }
    }
    if (!any) {
        return;
    }
    vision::fillSmoothly(membrane, unknown);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            if (inside.row(y)[x] > 0 && fill.missing.row(y)[x] == 0) {
                for (int c = 0; c < 3; ++c) {
                    fill.rgb.row(y)[3 * x + c] += membrane.row(y)[3 * x + c];
                }
            }
        }
    }
}

// What no frame shows is made up once, at anchor frames, and carried along the motion from there.
const Fill& Inpainter::anchor(std::int64_t index)
{
    const auto found =
        std::find_if(anchors_.begin(), anchors_.end(), [index](const auto& a) { return a.first == index; });
    if (found != anchors_.end()) {
        return found->second;
    }
    HoleTrace trace;
    Fill fill = fromOtherFrames(index, window_.shot(index), trace, index, index);
    if (!fill.isComplete) {
        complete(index, fill);
    }
    anchors_.emplace_front(index, std::move(fill));
    if (anchors_.size() > 6) {
        anchors_.pop_back();
    }
    return anchors_.front().second;
}

void Inpainter::complete(std::int64_t index, Fill& fill)
{
    // A surrounding as wide as the hole to copy from.
    const Picture& own = window_.picture(index);
    const int margin = std::max(48, std::max(fill.box.width(), fill.box.height()) / 2);
    const Box wide = fill.box.grown(margin, own.width(), own.height());
    video::Image8 rgb(wide.width(), wide.height(), 3);
    video::Image8 hole(wide.width(), wide.height(), 1);
    std::array<float, 3> value{};
    for (int y = 0; y < rgb.height; ++y) {
        for (int x = 0; x < rgb.width; ++x) {
            const int fx = x + wide.left - fill.box.left;
            const int fy = y + wide.top - fill.box.top;
            if (fx >= 0 && fy >= 0 && fx < fill.rgb.width && fy < fill.rgb.height) {
                std::copy_n(fill.rgb.row(fy) + 3 * fx, 3, value.begin());
                hole.row(y)[x] = fill.missing.row(fy)[fx];
            } else {
                own.at(x + wide.left, y + wide.top, value.data());
            }
            for (std::size_t c = 0; c < 3; ++c) {
                rgb.row(y)[3 * x + static_cast<int>(c)] =
                    static_cast<std::uint8_t>(std::clamp(value[c] + 0.5F, 0.0F, 255.0F));
            }
        }
    }
    const video::Image8 filled = vision::patchFill(rgb, hole, {}, {}, control_);
    for (int y = 0; y < fill.rgb.height; ++y) {
        for (int x = 0; x < fill.rgb.width; ++x) {
            if (fill.missing.row(y)[x] > 0) {
                const std::uint8_t* from =
                    filled.row(y + fill.box.top - wide.top) + 3 * (x + fill.box.left - wide.left);
                std::copy_n(from, 3, fill.rgb.row(y) + 3 * x);
            }
        }
    }
    fill.isComplete = true;
}

Fill Inpainter::fillFrame(std::int64_t index)
{
    const base::FrameRange shot = window_.shot(index);
    // Anchors lie on a grid of frame numbers, so that every chunk of a clip uses the same ones.
    const std::int64_t spacing = window_.reach() / 2;
    const std::int64_t grid = index / spacing * spacing;
    const std::int64_t first = std::max(grid, shot.begin);
    const std::int64_t second = std::min(grid + spacing, shot.end - 1);
    HoleTrace trace;
    Fill fill = fromOtherFrames(index, shot, trace, first, second);
    if (fill.isComplete) {
        return fill;
    }
    const float share =
        second > first ? static_cast<float>(index - first) / static_cast<float>(second - first) : 0.0F;
    const float late = share * share * (3 - 2 * share);
    const Fill before = anchor(first);
    const Fill after = anchor(second);
    const int clipWidth = window_.width();
    fill.isComplete = true;
    for (std::size_t i = 0; i < trace.pixels.size(); ++i) {
        const int x = trace.pixels[i] % clipWidth - fill.box.left;
        const int y = trace.pixels[i] / clipWidth - fill.box.top;
        if (fill.missing.row(y)[x] == 0) {
            continue;
        }
        std::array<float, 3> sum{};
        float total = 0;
        for (const auto& [from, sight, weight] :
            {std::tuple{&before, &trace.first[i], 1 - late}, std::tuple{&after, &trace.second[i], late}}) {
            if (!sight->isSeen() || weight <= 0) {
                continue;
            }
            std::array<float, 3> rgb{};
            vision::sampleCubic(from->rgb, sight->x - static_cast<float>(from->box.left),
                sight->y - static_cast<float>(from->box.top), rgb.data());
            for (std::size_t c = 0; c < 3; ++c) {
                sum[c] += weight * rgb[c];
            }
            total += weight;
        }
        if (total > 0) {
            for (std::size_t c = 0; c < 3; ++c) {
                fill.rgb.row(y)[3 * x + static_cast<int>(c)] = sum[c] / total;
            }
            fill.missing.row(y)[x] = 0;
        } else {
            fill.isComplete = false;
        }
    }
    if (!fill.isComplete) {
        complete(index, fill);
    }
    return fill;
}

EnhancedFrame Inpainter::enhance(std::int64_t index)
{
    control_.checkpoint();
    EnhancedFrame result;
    result.source = window_.frame(index);
    // An anchor lies up to half a reach away, and looks as far again as a frame does.
    window_.forget(index, window_.reach() * 3 / 2 + 3);
    const video::Mask& mask = window_.mask(index);
    auto changed = std::make_shared<video::Mask>(mask);
    result.frame = result.source;
    if (window_.hole(index).isEmpty || settings_.strength == 0) {
        std::fill(changed->pixels.begin(), changed->pixels.end(), std::uint16_t{0});
        result.changed = std::move(changed);
        return result;
    }
    result.changed = std::move(changed);
    const Fill fill = fillFrame(index);
    auto seen = std::make_shared<video::Image8>(mask.width, mask.height, 1, 255);
    for (int y = fill.box.top; y < fill.box.bottom; ++y) {
        const std::uint8_t* madeUp = fill.madeUp.row(y - fill.box.top);
        std::transform(madeUp, madeUp + fill.box.width(), seen->row(y) + fill.box.left,
            [](std::uint8_t v) { return static_cast<std::uint8_t>(255 - v); });
    }
    result.seen = std::move(seen);
    video::ImageF rgb = video::toRgbFloat(result.source, 4);
    const auto strength = static_cast<float>(settings_.strength / 65535.0);
    for (int y = fill.box.top; y < fill.box.bottom; ++y) {
        for (int x = fill.box.left; x < fill.box.right; ++x) {
            const float weight = static_cast<float>(mask.row(y)[x]) * strength;
            const float* made = fill.rgb.row(y - fill.box.top) + 3 * (x - fill.box.left);
            float* out = rgb.row(y) + 4 * x;
            for (int c = 0; c < 3 && weight > 0; ++c) {
                out[c] += weight * (made[c] * (1.0F / 255.0F) - out[c]);
            }
        }
    }
    result.frame =
        video::keepNativeSamples(video::fromRgb(rgb, result.source.description()), result.source, *result.changed);
    return result;
}

} // namespace

std::unique_ptr<Enhancer> makeInpainter(
    const Settings& settings, video::FrameSource& source, video::MaskSource& mask, const base::Control& control)
{
    return std::make_unique<Inpainter>(settings, source, mask, control);
}

} // namespace reelmend::classical
