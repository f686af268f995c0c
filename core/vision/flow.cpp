#include "core/vision/flow.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <future>
#include <vector>

#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "core/base/error.h"
#include "core/vision/cv_image.h"
#include "core/vision/sampling.h"

namespace reelmend::vision {

namespace {

constexpr int kSmallestSide = 32;

void requireEqual(const video::Image8& from, const video::Image8& to)
{
    if (from.width != to.width || from.height != to.height || from.channels != 1 || to.channels != 1) {
        throw base::Error(base::ErrorKind::kUsage, "Motion between these pictures cannot be measured.",
            "Two grey pictures of equal size are needed.");
    }
}

// Solves the 3x3 normal equations of both rows of the motion for weights of one pass.
class AffineFit {
public:
    void add(double x, double y, double dx, double dy, double weight)
    {
        const std::array<double, 3> basis{1, x, y};
        for (std::size_t i = 0; i < 3; ++i) {
            for (std::size_t j = 0; j < 3; ++j) {
                normal_[i][j] += weight * basis[i] * basis[j];
            }
            right_[i][0] += weight * basis[i] * dx;
            right_[i][1] += weight * basis[i] * dy;
        }
    }

    bool solve(AffineMotion& motion) const
    {
        auto m = normal_;
        auto r = right_;
        for (std::size_t i = 0; i < 3; ++i) {
            m[i][i] += 1e-9 * (1 + m[i][i]);
        }
        for (std::size_t i = 0; i < 3; ++i) {
            if (std::fabs(m[i][i]) < 1e-12) {
                return false;
            }
            for (std::size_t k = 0; k < 3; ++k) {
                if (k == i) {
                    continue;
                }
                const double factor = m[k][i] / m[i][i];
                for (std::size_t j = 0; j < 3; ++j) {
                    m[k][j] -= factor * m[i][j];
                }
                r[k][0] -= factor * r[i][0];
                r[k][1] -= factor * r[i][1];
            }
        }
        for (std::size_t i = 0; i < 3; ++i) {
            motion.a[i] = r[i][0] / m[i][i];
            motion.a[i + 3] = r[i][1] / m[i][i];
        }
        return true;
    }

private:
    std::array<std::array<double, 3>, 3> normal_{};
    std::array<std::array<double, 2>, 3> right_{};
};

double squaredResidual(const AffineMotion& motion, double x, double y, const float* flow)
{
    const double dx = motion.dx(x, y) - flow[0];
    const double dy = motion.dy(x, y) - flow[1];
    return dx * dx + dy * dy;
}

} // namespace

FlowField denseFlow(const video::Image8& from, const video::Image8& to, FlowPreset preset, const FlowField* initial)
{
    requireEqual(from, to);
    detail::useOneThread();
    constexpr std::array kPresets = {
        cv::DISOpticalFlow::PRESET_ULTRAFAST, cv::DISOpticalFlow::PRESET_FAST, cv::DISOpticalFlow::PRESET_MEDIUM};
    const cv::Ptr<cv::DISOpticalFlow> search = cv::DISOpticalFlow::create(kPresets[static_cast<std::size_t>(preset)]);
    FlowField flow(from.width, from.height, 2);
    if (std::min(from.width, from.height) < kSmallestSide) {
        return flow; // too small for the search's pyramid: no motion
    }
    cv::Mat target = detail::view(flow);
    if (initial != nullptr) {
        flow = *initial;
        target = detail::view(flow);
    }
    search->calc(detail::view(from), detail::view(to), target);
    return flow;
}

FlowPair bothFlows(const video::Image8& from, const video::Image8& to, FlowPreset preset, int threads)
{
    requireEqual(from, to);
    detail::useOneThread();
    if (threads <= 1) {
        return {denseFlow(from, to, preset), denseFlow(to, from, preset)};
    }
    auto backward = std::async(std::launch::async, [&] { return denseFlow(to, from, preset); });
    FlowField forward = denseFlow(from, to, preset);
    return {std::move(forward), backward.get()};
}

video::Image8 consistentPixels(const FlowField& forward, const FlowField& backward, float relative, float absolute)
{
    video::Image8 consistent(forward.width, forward.height, 1);
    for (int y = 0; y < forward.height; ++y) {
        const float* f = forward.row(y);
        std::uint8_t* out = consistent.row(y);
        for (int x = 0; x < forward.width; ++x) {
            const float fx = f[2 * x];
            const float fy = f[2 * x + 1];
            const float tx = static_cast<float>(x) + fx;
            const float ty = static_cast<float>(y) + fy;
            if (!isInside(backward, tx, ty)) {
                continue;
            }
            std::array<float, 2> b{};
            sampleLinear(backward, tx, ty, b.data());
            const float error = (fx + b[0]) * (fx + b[0]) + (fy + b[1]) * (fy + b[1]);
            const float size = fx * fx + fy * fy + b[0] * b[0] + b[1] * b[1];
            out[x] = error <= relative * size + absolute ? 255 : 0;
        }
    }
    return consistent;
}

FlowField composed(const FlowField& first, const FlowField& second)
{
    FlowField sum(first.width, first.height, 2);
    for (int y = 0; y < first.height; ++y) {
        const float* f = first.row(y);
        float* out = sum.row(y);
        for (int x = 0; x < first.width; ++x) {
            std::array<float, 2> next{};
            sampleLinear(second, static_cast<float>(x) + f[2 * x], static_cast<float>(y) + f[2 * x + 1], next.data());
            out[2 * x] = f[2 * x] + next[0];
            out[2 * x + 1] = f[2 * x + 1] + next[1];
        }
    }
    return sum;
}

FlowField resizedFlow(const FlowField& flow, int width, int height)
{
    if (flow.width == width && flow.height == height) {
        return flow;
    }
    FlowField out(width, height, 2);
    cv::Mat target = detail::view(out);
    cv::resize(detail::view(flow), target, target.size(), 0, 0, cv::INTER_LINEAR);
    const float scaleX = static_cast<float>(width) / static_cast<float>(flow.width);
    const float scaleY = static_cast<float>(height) / static_cast<float>(flow.height);
    for (std::size_t i = 0; i < out.pixels.size(); i += 2) {
        out.pixels[i] *= scaleX;
        out.pixels[i + 1] *= scaleY;
    }
    return out;
}

AffineMotion dominantMotion(const FlowField& flow, const video::Image8& use)
{
    // A few thousand pixels decide as well as all of them.
    struct Sample {
        double x, y;
        const float* flow;
    };
    std::vector<Sample> samples;
    const int step = std::max(1, static_cast<int>(std::sqrt(flow.width * static_cast<double>(flow.height) / 5000)));
    for (int y = 0; y < flow.height; y += step) {
        for (int x = 0; x < flow.width; x += step) {
            if (use.row(y)[x] > 0) {
                samples.push_back({static_cast<double>(x), static_cast<double>(y), flow.row(y) + 2 * x});
            }
        }
    }
    AffineMotion motion;
    if (samples.size() < 8) {
        return motion;
    }
    // Start from the median translation, which half of the pixels cannot pull away.
    std::vector<float> values(samples.size());
    for (int c = 0; c < 2; ++c) {
        std::transform(samples.begin(), samples.end(), values.begin(), [c](const Sample& s) { return s.flow[c]; });
        std::nth_element(
            values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
        motion.a[3 * c] = values[values.size() / 2];
    }
    std::vector<float> sorted(samples.size());
    for (int pass = 0; pass < 10; ++pass) {
        std::transform(samples.begin(), samples.end(), values.begin(),
            [&motion](const Sample& s) { return static_cast<float>(squaredResidual(motion, s.x, s.y, s.flow)); });
        sorted = values;
        const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
        std::nth_element(sorted.begin(), middle, sorted.end());
        const double cutoff = std::max(0.25, 4.685 * 1.4826 * std::sqrt(static_cast<double>(*middle)));
        AffineFit fit;
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const double ratio = values[i] / (cutoff * cutoff);
            if (ratio < 1) {
                fit.add(
                    samples[i].x, samples[i].y, samples[i].flow[0], samples[i].flow[1], (1 - ratio) * (1 - ratio));
            }
        }
        if (!fit.solve(motion)) {
            break;
        }
    }
    return motion;
}

} // namespace reelmend::vision
