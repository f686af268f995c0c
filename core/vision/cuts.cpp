#include "core/vision/cuts.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "core/video/convert.h"
#include "core/vision/cv_image.h"
#include "core/vision/flow.h"
#include "core/vision/warp.h"

namespace reelmend::vision {

namespace {

constexpr int kSampleSide = 160;
constexpr int kBlock = 8;
constexpr double kTextured = 3.5;      // standard deviation of a block, in 8-bit levels
constexpr double kFoundAgain = 0.5;    // correlation of a block with its counterpart
constexpr double kOtherColours = 0.35; // histogram difference that says as much as colour can say
constexpr double kOtherScene = 0.64;   // contentChange of a cut at least
constexpr double kSameScene = 0.55;    // and at most within a scene, across a flash
constexpr double kAbove = 0.22;        // a cut stands out from the changes before and after it by this

struct BlockMatch {
    int textured = 0;
    int found = 0;
};

BlockMatch matchBlocks(const video::Image8& a, const video::Image8& b)
{
    BlockMatch result;
    for (int top = 0; top + kBlock <= a.height; top += kBlock) {
        for (int left = 0; left + kBlock <= a.width; left += kBlock) {
            double sumA = 0;
            double sumB = 0;
            double aa = 0;
            double bb = 0;
            double ab = 0;
            for (int y = top; y < top + kBlock; ++y) {
                for (int x = left; x < left + kBlock; ++x) {
                    const double va = a.row(y)[x];
                    const double vb = b.row(y)[x];
                    sumA += va;
                    sumB += vb;
                    aa += va * va;
                    bb += vb * vb;
                    ab += va * vb;
                }
            }
            constexpr double kCount = kBlock * kBlock;
            const double varianceA = std::max(aa / kCount - sumA * sumA / (kCount * kCount), 0.0);
            const double varianceB = std::max(bb / kCount - sumB * sumB / (kCount * kCount), 0.0);
            const double covariance = ab / kCount - sumA * sumB / (kCount * kCount);
            if (std::max(varianceA, varianceB) < kTextured * kTextured) {
                continue;
            }
            ++result.textured;
            const double correlation = covariance / std::sqrt(std::max(varianceA * varianceB, 1e-6));
            result.found += correlation > kFoundAgain ? 1 : 0;
        }
    }
    return result;
}

} // namespace

ShotSample shotSample(const video::Frame& frame)
{
    video::Image8 rgb = video::toRgb8(frame);
    const int longer = std::max(rgb.width, rgb.height);
    const double factor = std::min(1.0, static_cast<double>(kSampleSide) / longer);
    const int width = std::max(16, static_cast<int>(std::lround(rgb.width * factor)));
    const int height = std::max(16, static_cast<int>(std::lround(rgb.height * factor)));
    cv::Mat small;
    cv::resize(detail::view(rgb), small, cv::Size(width, height), 0, 0, cv::INTER_AREA);
    ShotSample sample;
    sample.grey = video::Image8(width, height, 1);
    cv::Mat grey = detail::view(sample.grey);
    cv::cvtColor(small, grey, cv::COLOR_RGB2GRAY);
    sample.histogram.assign(6 * 6 * 6, 0);
    const float unit = 1.0F / static_cast<float>(width * height);
    for (int y = 0; y < height; ++y) {
        const auto* row = small.ptr<std::uint8_t>(y);
        for (int x = 0; x < width; ++x) {
            const auto bin = [row, x](int c) { return static_cast<std::size_t>(row[3 * x + c] * 6 / 256); };
            sample.histogram[(bin(0) * 6 + bin(1)) * 6 + bin(2)] += unit;
        }
    }
    return sample;
}

double contentChange(const ShotSample& a, const ShotSample& b)
{
    if (a.grey.width != b.grey.width || a.grey.height != b.grey.height) {
        return 1;
    }
    double shared = 0;
    for (std::size_t i = 0; i < a.histogram.size(); ++i) {
        shared += std::min(a.histogram[i], b.histogram[i]);
    }
    const FlowField flow = denseFlow(a.grey, b.grey, FlowPreset::kFast);
    const BlockMatch match = matchBlocks(a.grey, warped(b.grey, flow));
    const int blocks = (a.grey.width / kBlock) * (a.grey.height / kBlock);
    const double structure = match.textured > 0 ? 1 - static_cast<double>(match.found) / match.textured : 0.0;
    // With less than a tenth of the picture textured, colour has to help.
    const double trust = std::min(1.0, 10.0 * match.textured / std::max(blocks, 1));
    const double colour = std::min(1.0, (1 - shared) / kOtherColours);
    return trust * (0.75 * structure + 0.25 * colour) + (1 - trust) * (1 - shared);
}

const ShotSample& CutFinder::sample(std::int64_t index)
{
    const auto found = samples_.find(index);
    if (found != samples_.end()) {
        return found->second;
    }
    while (samples_.size() >= 12) { // forget what is farthest away
        const auto first = samples_.begin();
        const auto last = std::prev(samples_.end());
        samples_.erase(std::llabs(first->first - index) > std::llabs(last->first - index) ? first : last);
    }
    return samples_.emplace(index, shotSample(source_.frame(index))).first->second;
}

double CutFinder::change(std::int64_t a, std::int64_t b)
{
    if (a < 0 || b >= source_.frameCount()) {
        return 0;
    }
    const auto key = std::pair(a, b);
    const auto found = changes_.find(key);
    if (found != changes_.end()) {
        return found->second;
    }
    if (changes_.size() > 4096) {
        changes_.clear();
    }
    const ShotSample first = sample(a);
    return changes_[key] = contentChange(first, sample(b));
}

bool CutFinder::isCut(std::int64_t index)
{
    if (index <= 0) {
        return index == 0;
    }
    const auto known = decided_.find(index);
    if (known != decided_.end()) {
        return known->second;
    }
    if (decided_.size() > 100'000) {
        decided_.clear();
    }
    bool& cut = decided_[index];
    cut = false;
    const double here = change(index - 1, index);
    if (here < kOtherScene) {
        return false;
    }
    // A flash or a broken frame: what was there before comes back behind it.
    const std::int64_t count = source_.frameCount();
    for (const auto& [before, after] : {std::pair{index - 1, index + 1}, std::pair{index - 2, index},
             std::pair{index - 1, index + 2}, std::pair{index - 3, index}, std::pair{index - 2, index + 1}}) {
        if (before >= 0 && after < count && change(before, after) < kSameScene) {
            return false;
        }
    }
    // Wild motion changes as much from frame to frame all along.
    const double around = std::max(change(index - 2, index - 1), change(index, index + 1));
    cut = here > around + kAbove;
    return cut;
}

std::vector<std::int64_t> findCuts(video::FrameSource& source, base::FrameRange range, const base::Control& control,
    const std::function<void(std::int64_t)>& progress)
{
    std::vector<std::int64_t> cuts;
    CutFinder finder(source);
    for (std::int64_t i = range.begin; i < range.end; ++i) {
        control.checkpoint();
        if (i == range.begin || finder.isCut(i)) {
            cuts.push_back(i);
        }
        if (progress) {
            progress(i - range.begin + 1);
        }
    }
    return cuts;
}

} // namespace reelmend::vision
