#include "app/cli/compare_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/perceptual/score_table.h"
#include "core/runner/dis_flow.h"
#include "core/tensor/device.h"
#include "core/tensor/layout.h"
#include "core/video/convert.h"

namespace reelmend::cli {

namespace {

enum class Depth { kByte, kWord, kFloat };

Depth depthOf(const video::Frame& frame)
{
    return frame.format().isFloat ? Depth::kFloat : frame.format().depth() > 8 ? Depth::kWord : Depth::kByte;
}

template <class T> video::ImageF scaled(const video::Image<T>& image)
{
    constexpr float kScale = 1.0f / static_cast<float>(std::numeric_limits<T>::max());
    video::ImageF result(image.width, image.height, image.channels);
    std::transform(image.pixels.begin(), image.pixels.end(), result.pixels.begin(),
        [](T value) { return static_cast<float>(value) * kScale; });
    return result;
}

at::Tensor pictureOf(const video::Frame& frame, Depth depth)
{
    switch (depth) {
    case Depth::kByte:
        return tensor::pictureFromImage(scaled(video::toRgb8(frame)));
    case Depth::kWord:
        return tensor::pictureFromImage(scaled(video::toRgb16(frame)));
    case Depth::kFloat:
        break;
    }
    return tensor::pictureFromImage(video::toRgbFloat(frame));
}

std::string sizeText(const video::Frame& frame)
{
    return std::to_string(frame.width()) + "x" + std::to_string(frame.height());
}

class PerceptualScorer : public FrameScorer {
public:
    explicit PerceptualScorer(std::vector<const perceptual::Score*> scores)
        : scores_(std::move(scores))
    {
        for (const perceptual::Score* score : scores_) { // a missing network is said before any frame is read
            loaded_.push_back(score->load    ? score->load(at::TensorOptions(at::kFloat))
                              : score->along ? score->along(runner::disFlow())
                                             : perceptual::LoadedScore());
        }
        for (const perceptual::Score* score : scores_) {
            names_.push_back({std::string(score->name), std::string(score->title), std::string(score->unit),
                score->isHigherBetter});
        }
    }

    const std::vector<ScoreName>& names() const override { return names_; }

    PairScores score(const video::Frame& a, const video::Frame& b, const video::Mask* weight) override
    {
        if (a.width() != b.width() || a.height() != b.height()) {
            throw base::Error(base::ErrorKind::kUsage, "The pictures cannot be compared.",
                "One is " + sizeText(a) + ", the other " + sizeText(b) + ".", "Compare pictures of one size.");
        }
        const at::InferenceMode noGradients;
        const Depth depth = std::max(depthOf(a), depthOf(b));
        Seen now{pictureOf(a, depth), pictureOf(b, depth), {}, true};
        PairScores result;
        result.isEqual = at::equal(now.a, now.b);
        if (weight) {
            now.where = tensor::matteFromMasks({weight, 1}).squeeze(0);
            now.counts = now.where.max().item<float>() > 0;
        }
        for (std::size_t i = 0; i < scores_.size(); ++i) {
            result.values.push_back(valueOf(i, now));
        }
        before_ = std::move(now);
        return result;
    }

private:
    struct Seen {
        at::Tensor a, b, where; // [1, 3, h, w] twice, [1, 1, h, w] or undefined
        bool counts = false;    // the mask leaves something
    };

    // Not a number where there is nothing to measure; the first frame changes from nothing.
    double valueOf(std::size_t i, const Seen& now) const
    {
        const perceptual::Score& score = *scores_[i];
        const bool isPair = score.span == perceptual::ScoreSpan::kPair;
        const bool hasBefore = before_.a.defined() && before_.a.sizes() == now.a.sizes();
        if (!now.counts || (isPair && !hasBefore)) {
            return std::numeric_limits<double>::quiet_NaN();
        }
        const auto joined = [&](const at::Tensor& before, const at::Tensor& own) {
            return isPair && before.defined() && own.defined() ? at::cat({before, own}, 0) : own;
        };
        const at::Tensor a = joined(before_.a, now.a), b = joined(before_.b, now.b);
        return (loaded_[i] ? loaded_[i](a, b) : score.measure(a, b, joined(before_.where, now.where))).item<double>();
    }

    std::vector<const perceptual::Score*> scores_;
    std::vector<perceptual::LoadedScore> loaded_; // empty where a score needs no file and no flow
    std::vector<ScoreName> names_;
    Seen before_; // the pair before this one, for scores of pairs
};

} // namespace

std::unique_ptr<FrameScorer> makeFrameScorer(const std::string& metrics, bool hasMask, int threads)
{
    std::vector<const perceptual::Score*> scores;
    for (std::size_t begin = 0; begin <= metrics.size();) {
        const std::size_t end = std::min(metrics.find(',', begin), metrics.size());
        const perceptual::Score& score = perceptual::scoreByName(metrics.substr(begin, end - begin));
        if (hasMask && !score.takesWeight) {
            throw base::Error(base::ErrorKind::kUsage,
                std::string(score.title) + " cannot be measured inside a mask.",
                "It looks at the whole picture, where inside and outside mix.",
                "Leave it out, or compare without a mask.");
        }
        if (std::find(scores.begin(), scores.end(), &score) == scores.end()) {
            scores.push_back(&score);
        }
        begin = end + 1;
    }
    tensor::setThreads(threads);
    return std::make_unique<PerceptualScorer>(std::move(scores));
}

} // namespace reelmend::cli
