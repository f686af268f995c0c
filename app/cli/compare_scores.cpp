#include "app/cli/compare_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/perceptual/score_table.h"
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
            loaded_.push_back(score->load ? score->load(at::TensorOptions(at::kFloat)) : perceptual::LoadedScore());
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
        const at::Tensor pictureA = pictureOf(a, depth);
        const at::Tensor pictureB = pictureOf(b, depth);
        PairScores result;
        result.isEqual = at::equal(pictureA, pictureB);
        at::Tensor where;
        if (weight) {
            where = tensor::matteFromMasks({weight, 1}).squeeze(0);
            if (where.max().item<float>() <= 0) {
                result.values.assign(scores_.size(), std::numeric_limits<double>::quiet_NaN());
                return result;
            }
        }
        for (std::size_t i = 0; i < scores_.size(); ++i) {
            const at::Tensor value =
                loaded_[i] ? loaded_[i](pictureA, pictureB) : scores_[i]->measure(pictureA, pictureB, where);
            result.values.push_back(value.item<double>());
        }
        return result;
    }

private:
    std::vector<const perceptual::Score*> scores_;
    std::vector<perceptual::LoadedScore> loaded_; // empty where a score needs no file
    std::vector<ScoreName> names_;
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
