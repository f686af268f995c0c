#include "core/perceptual/losses.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <sstream>
#include <utility>

#include "core/base/error.h"
#include "core/perceptual/feature_distances.h"
#include "core/perceptual/loss_terms.h"
#include "core/perceptual/scores.h"
#include "core/perceptual/texture_losses.h"

namespace reelmend::perceptual {

namespace {

bool couplesPairs(LossKind kind)
{
    return kind == LossKind::kFrameDifference || kind == LossKind::kWarp;
}

// Of networks that the user supplies.
bool takesNetwork(LossKind kind)
{
    return kind == LossKind::kLpipsAlex || kind == LossKind::kLpipsVgg || kind == LossKind::kDists ||
           kind == LossKind::kGram;
}

// Sums over pixels and channels; the others give one number per picture.
bool countsPixels(LossKind kind)
{
    return kind != LossKind::kMsSsim && kind != LossKind::kLpips && kind != LossKind::kFocalFrequency &&
           kind != LossKind::kWavelet && !takesNetwork(kind);
}

// Of the picture, without a value of its own, where pixels are counted.
std::int64_t borderOf(LossKind kind)
{
    return kind == LossKind::kSsim ? kStructureBorder : kind == LossKind::kCensus ? kCensusBorder : 0;
}

base::Error usage(std::string what, std::string why, std::string hint = {})
{
    return {base::ErrorKind::kUsage, std::move(what), std::move(why), std::move(hint)};
}

std::string shapeText(const at::Tensor& tensor)
{
    std::ostringstream text;
    text << tensor.sizes();
    return text.str();
}

// [batch, C, time, h, w] -> [batch * time, C, h, w]
at::Tensor pictures(const at::Tensor& video)
{
    return video.transpose(1, 2).flatten(0, 1);
}

// Weight of each frame (or pair): 0 = not drawn, else count / drawn.
std::vector<double> drawnWeights(std::int64_t count, double share, std::uint64_t seed)
{
    std::vector<double> weights(static_cast<std::size_t>(count), 1.0);
    const auto drawn = std::clamp<std::int64_t>(
        std::llround(share * static_cast<double>(count)), std::min<std::int64_t>(1, count), count);
    if (drawn == count) {
        return weights;
    }
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    std::mt19937_64 random(seed);
    for (std::int64_t i = 0; i < drawn; ++i) { // the same draw on every system: no std::shuffle
        const auto j = i + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(count - i));
        std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(j)]);
    }
    std::fill(weights.begin(), weights.end(), 0.0);
    for (std::int64_t i = 0; i < drawn; ++i) {
        weights[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] =
            static_cast<double>(count) / static_cast<double>(drawn);
    }
    return weights;
}

// A stretch of frames and the weights of what is in it.
struct Slice {
    std::int64_t begin = 0, size = 0; // frames or pairs, in the clip
    std::vector<double> weights;
    bool isEmpty() const
    {
        return std::all_of(weights.begin(), weights.end(), [](double w) { return w == 0; });
    }
};

class SummedLoss final : public FrameLoss {
public:
    SummedLoss(const std::vector<LossTerm>& terms, LossTarget target, LossOptions options)
        : target_(std::move(target))
        , options_(std::move(options))
    {
        checkTarget();
        for (std::size_t i = 0; i < terms.size(); ++i) {
            addTerm(terms[i], options_.seed + 0x9e3779b97f4a7c15ULL * i);
        }
    }

    std::int64_t frames() const override { return target_.frames.size(2); }
    bool couplesFrames() const override
    {
        return std::any_of(terms_.begin(), terms_.end(), [](const Term& t) { return couplesPairs(t.term.kind); });
    }

    LossPart evaluate(const at::Tensor& frames, base::FrameRange range) const override
    {
        checkFrames(frames, range);
        LossPart part;
        part.gradient = at::zeros_like(frames);
        for (const Term& term : terms_) {
            LossTermValue value{std::string(lossName(term.term.kind)), 0, term.term.weight};
            const std::int64_t end = couplesPairs(term.term.kind) ? range.end - 1 : range.end;
            for (std::int64_t begin = range.begin; begin < end; begin += options_.sliceFrames) {
                Slice slice{begin, std::min(options_.sliceFrames, end - begin), {}};
                slice.weights.assign(term.weights.begin() + begin, term.weights.begin() + begin + slice.size);
                if (!slice.isEmpty()) {
                    addSlice(term, slice, frames, range.begin, part, value);
                }
            }
            part.terms.push_back(std::move(value));
        }
        return part;
    }

private:
    struct Term {
        LossTerm term;
        std::vector<double> weights; // per frame or pair
        double scale = 0;            // 1 / (what the whole clip sums up to where everything counts)
    };

    void checkTarget() const
    {
        const at::Tensor& frames = target_.frames;
        if (!frames.defined() || frames.dim() != 5 || frames.size(1) != 3) {
            throw usage("The loss has no target.", "It needs frames [batch, 3, time, height, width]; got " +
                                                       (frames.defined() ? shapeText(frames) : "nothing") + ".");
        }
        const at::Tensor& mask = target_.mask;
        const auto fits = [&](std::int64_t axis) {
            return mask.size(axis) == 1 || mask.size(axis) == frames.size(axis);
        };
        if (mask.defined() && (mask.dim() != 5 || mask.size(1) != 1 || !fits(0) || !fits(2) ||
                                  mask.size(3) != frames.size(3) || mask.size(4) != frames.size(4))) {
            throw usage("The loss's mask does not fit the frames.",
                "The mask is " + shapeText(mask) + ", the frames are " + shapeText(frames) + ".",
                "Use one mask [batch, 1, time, height, width] of the frames' size.");
        }
    }

    void checkFrames(const at::Tensor& frames, base::FrameRange range) const
    {
        const at::Tensor& target = target_.frames;
        const bool fits = frames.dim() == 5 && frames.size(0) == target.size(0) && frames.size(1) == 3 &&
                          frames.size(2) == range.size() && range.begin >= 0 && range.end <= target.size(2) &&
                          frames.size(3) == target.size(3) && frames.size(4) == target.size(4);
        if (!fits) {
            throw usage("The frames and the target of the loss differ.",
                "The frames " + std::to_string(range.begin) + ":" + std::to_string(range.end) + " are " +
                    shapeText(frames) + ", the target is " + shapeText(target) + ".",
                "Give a target of the decoded clip's size and length.");
        }
        if (couplesFrames() && range.size() != target.size(2)) {
            throw usage("A loss that couples frames wants the whole clip at once.",
                "It got " + std::to_string(range.size()) + " of " + std::to_string(target.size(2)) + " frames.");
        }
    }

    void addTerm(const LossTerm& term, std::uint64_t seed)
    {
        const at::Tensor& target = target_.frames;
        const std::int64_t side = std::min(target.size(3), target.size(4));
        const auto name = std::string(lossName(term.kind));
        const auto require = [&](bool condition, const std::string& why, const std::string& hint) {
            if (!condition) {
                throw usage("The loss \"" + name + "\" cannot be computed.", why, hint);
            }
        };
        require(term.share > 0 && term.share <= 1, "Its share of the frames is not in (0, 1].", "");
        require(side > 2 * borderOf(term.kind),
            "The picture's sides are below " + std::to_string(2 * borderOf(term.kind) + 1) + " pixels.",
            "Choose another loss.");
        require(term.kind != LossKind::kMsSsim || side >= kMsSsimMinimumSide,
            "The picture's sides are below " + std::to_string(kMsSsimMinimumSide) + " pixels.", "Choose ssim.");
        require(term.kind != LossKind::kLpips || options_.distance, "Its network is not loaded.", "");
        require(!takesNetwork(term.kind) || options_.distances.contains(term.kind), "Its network is not loaded.", "");
        require(!takesNetwork(term.kind) || side >= kFeatureMinimumSide,
            "The picture's sides are below " + std::to_string(kFeatureMinimumSide) + " pixels.",
            "Choose another loss.");
        const bool hasFlow = target_.flow.defined() && target_.flow.dim() == 4 &&
                             target_.flow.size(0) == target.size(2) - 1 && target_.flow.size(1) == 2;
        require(term.kind != LossKind::kWarp || (hasFlow && target.size(0) == 1),
            "There is no flow between the target's frames.", "Measure the target's flow first.");
        const std::int64_t count =
            couplesPairs(term.kind) ? std::max<std::int64_t>(target.size(2) - 1, 0) : target.size(2);
        terms_.push_back({term, drawnWeights(count, term.share, seed), clipScale(term.kind, count)});
    }

    // One over what the term sums up to where every difference is 1; 0 when nothing counts.
    double clipScale(LossKind kind, std::int64_t count) const
    {
        const at::Tensor& frames = target_.frames;
        double total = static_cast<double>(frames.size(0) * count);
        if (countsPixels(kind)) {
            const std::int64_t border = borderOf(kind);
            const double channels = kind == LossKind::kCensus ? 1 : 3;
            const std::int64_t height = frames.size(3) - 2 * border, width = frames.size(4) - 2 * border;
            total *= channels * static_cast<double>(height * width);
            if (target_.mask.defined() || kind == LossKind::kWarp) {
                total = 0;
                for (std::int64_t i = 0; i < count; ++i) {
                    const at::Tensor mask = maskOf(kind, i, 1);
                    total += channels * (mask.defined() ? mask.narrow(2, border, height)
                                                              .narrow(3, border, width)
                                                              .sum(at::kDouble)
                                                              .item<double>()
                                                        : static_cast<double>(frames.size(0) * height * width));
                }
            }
        }
        return total > 0 ? 1 / total : 0;
    }

    // What counts in frames (or pairs) [begin, begin + size): [batch * size, 1, h, w], or undefined = everything.
    at::Tensor maskOf(LossKind kind, std::int64_t begin, std::int64_t size) const
    {
        at::Tensor mask;
        if (target_.mask.defined()) {
            const auto part = [&](std::int64_t first) {
                return pictures(
                    target_.mask.size(2) == 1
                        ? target_.mask.expand({target_.frames.size(0), 1, size, -1, -1})
                        : target_.mask.narrow(2, first, size).expand({target_.frames.size(0), 1, size, -1, -1}));
            };
            mask = part(begin);
            if (couplesPairs(kind)) {
                mask = at::minimum(mask, part(begin + 1));
            }
        }
        if (kind == LossKind::kWarp && target_.flowHolds.defined()) {
            const at::Tensor holds = target_.flowHolds.narrow(0, begin, size);
            mask = mask.defined() ? mask * holds : holds;
        }
        return mask.defined() ? mask.to(target_.frames.options()) : mask;
    }

    // [n]: the slice's shares before weights, unnormalised.
    at::Tensor shares(const Term& term, const Slice& slice, const at::Tensor& x) const
    {
        const LossKind kind = term.term.kind;
        const at::Tensor mask = maskOf(kind, slice.begin, slice.size);
        const auto target = [&](std::int64_t first, std::int64_t size) {
            return pictures(target_.frames.narrow(2, first, size)).to(x.options());
        };
        if (couplesPairs(kind)) {
            const at::Tensor y = target(slice.begin, slice.size + 1);
            return pairShares(kind, slice, x, y, mask);
        }
        const at::Tensor y = target(slice.begin, slice.size), p = pictures(x);
        switch (kind) {
        case LossKind::kMse:
            return squaredError(p, y, mask);
        case LossKind::kL1:
            return absoluteError(p, y, mask);
        case LossKind::kCharbonnier:
            return charbonnier(p, y, mask, term.term.epsilon);
        case LossKind::kSsim:
            return structuralDissimilarity(p, y, mask);
        case LossKind::kMsSsim:
            return multiScaleDissimilarity(composite(p, y, mask), y);
        case LossKind::kFocalFrequency:
            return focalFrequencyDistance(composite(p, y, mask), y);
        case LossKind::kWavelet:
            return waveletDistance(composite(p, y, mask), y);
        case LossKind::kCensus:
            return censusError(p, y, mask);
        case LossKind::kLpips:
            return options_.distance(composite(p, y, mask), y);
        default:
            return options_.distances.at(kind)(composite(p, y, mask), y);
        }
    }

    static at::Tensor composite(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask)
    {
        return mask.defined() ? y + mask * (x - y) : x;
    }

    // x: [batch, 3, size + 1, h, w]; y: its target as pictures.
    at::Tensor pairShares(
        LossKind kind, const Slice& slice, const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask) const
    {
        const std::int64_t batch = x.size(0), size = slice.size;
        const at::Tensor target = y.view({batch, size + 1, 3, x.size(3), x.size(4)}).transpose(1, 2);
        const auto change = [&](const at::Tensor& video) {
            at::Tensor before = pictures(video.narrow(2, 0, size));
            if (kind == LossKind::kWarp) {
                before = warped(before, target_.flow.narrow(0, slice.begin, size).to(video.options()));
            }
            return pictures(video.narrow(2, 1, size)) - before;
        };
        return absoluteError(change(x), change(target), mask);
    }

    void addSlice(const Term& term, const Slice& slice, const at::Tensor& frames, std::int64_t offset, LossPart& part,
        LossTermValue& value) const
    {
        const std::int64_t span = slice.size + (couplesPairs(term.term.kind) ? 1 : 0);
        const at::Tensor part5 = part.gradient.narrow(2, slice.begin - offset, span);
        c10::AutoGradMode gradient(true);
        const at::Tensor x = frames.narrow(2, slice.begin - offset, span).detach().clone().requires_grad_(true);
        at::Tensor each = shares(term, slice, x);
        const bool isWeighted =
            std::any_of(slice.weights.begin(), slice.weights.end(), [](double w) { return w != 1; });
        if (isWeighted) {
            const at::Tensor weights = at::tensor(slice.weights, at::kDouble).to(each.options());
            each = each.view({-1, slice.size}) * weights;
        }
        const at::Tensor sum = each.sum();
        (sum * (term.term.weight * term.scale)).backward();
        c10::AutoGradMode noGradient(false);
        const double share = sum.item<double>() * term.scale;
        value.value += share;
        const at::Tensor found = x.grad();
        if (!part.fault) {
            findFault(each, found, share, slice, value.name, part);
        }
        if (found.defined()) {
            part5.add_(found);
        }
    }

    // `each`: the slice's shares, `gradient`: at its frames.
    static void findFault(const at::Tensor& each, const at::Tensor& gradient, double share, const Slice& slice,
        const std::string& name, LossPart& part)
    {
        const auto finite = [](const at::Tensor& t) { return at::isfinite(t).all().item<bool>(); };
        const bool inGradient = gradient.defined() && !finite(gradient);
        if (std::isfinite(share) && !inGradient) {
            return;
        }
        part.fault = NonFinite{name, slice.begin, inGradient};
        const at::Tensor shares = each.detach().view({-1, slice.size});
        for (std::int64_t t = 0; t < slice.size; ++t) {
            if (!finite(shares.select(1, t)) || (inGradient && !finite(gradient.select(2, t)))) {
                part.fault->frame = slice.begin + t;
                return;
            }
        }
    }

    LossTarget target_;
    LossOptions options_;
    std::vector<Term> terms_;
};

} // namespace

double LossPart::value() const
{
    double sum = 0;
    for (const auto& term : terms) {
        sum += term.weight * term.value;
    }
    return sum;
}

std::unique_ptr<FrameLoss> makeLoss(const std::vector<LossTerm>& terms, LossTarget target, LossOptions options)
{
    if (terms.empty()) {
        throw usage("No loss was chosen.", "The list of terms is empty.", "Choose at least one, e.g. mse.");
    }
    options.sliceFrames = std::max<std::int64_t>(1, options.sliceFrames);
    return std::make_unique<SummedLoss>(terms, std::move(target), std::move(options));
}

} // namespace reelmend::perceptual
