#include "core/chopgrad/measure_influence.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/perceptual/losses.h"

namespace reelmend::chopgrad {

namespace {

double norm(const std::vector<at::Tensor>& tensors)
{
    double sum = 0;
    for (const auto& tensor : tensors) {
        sum += tensor.defined() ? tensor.to(at::kDouble).square().sum().item<double>() : 0;
    }
    return std::sqrt(sum);
}

std::vector<double> meansOf(const std::map<std::int64_t, std::vector<double>>& values, std::int64_t count)
{
    std::vector<double> means(static_cast<std::size_t>(count), 0);
    for (const auto& [distance, all] : values) {
        means[static_cast<std::size_t>(distance)] =
            std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
    }
    return means;
}

// Collects what the losses of group i send to group j. Blocks are single groups: interval 1.
class Listener final : public GradientSink {
public:
    Listener(const models::CausalDecoder& decoder, const at::Tensor& latents, std::vector<base::FrameRange> spans,
        std::vector<int> compared, const std::vector<at::Tensor>& parameters)
        : slots_(decoder.cacheSlots())
        , spans_(std::move(spans))
        , compared_(std::move(compared))
    {
        const auto wide = [](const at::Tensor& t) {
            return at::zeros(t.sizes(),
                t.options().dtype(t.scalar_type() == at::kDouble ? at::kDouble : at::kFloat).requires_grad(false));
        };
        for (std::size_t bin = 0; bin <= compared_.size(); ++bin) {
            latents_.push_back(wide(latents));
            auto& sums = parameters_.emplace_back();
            for (const auto& parameter : parameters) {
                sums.push_back(wide(parameter));
            }
        }
    }

    double scale = 1;

    void add(std::int64_t block, std::int64_t group, const std::vector<at::Tensor>& inputs,
        const std::vector<at::Tensor>& parameters) override
    {
        const std::int64_t distance = block - group;
        if (distance == 0) {
            own_ = norm(inputs);
        }
        const double size = norm(inputs);
        norms_[distance].push_back(size / scale);
        if (own_ > 0) {
            relative_[distance].push_back(size / own_);
        }
        const std::size_t bin = binOf(distance);
        const auto& span = spans_[static_cast<std::size_t>(group)];
        if (!inputs.empty() && inputs.front().defined()) {
            latents_[bin].narrow(2, span.begin, span.size()).add_(inputs.front(), 1 / scale);
        }
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            if (parameters[i].defined()) {
                parameters_[bin][i].add_(parameters[i], 1 / scale);
            }
        }
    }

    void handOff(std::int64_t block, std::int64_t group, const models::CausalCache& cotangent) override
    {
        const std::int64_t distance = block - group + 1; // of the group that made this cache
        std::map<int, std::vector<at::Tensor>> levels;
        for (std::size_t slot = 0; slot < cotangent.slots.size() && slot < slots_.size(); ++slot) {
            levels[slots_[slot].cellScale].push_back(cotangent.slots[slot]);
        }
        for (const auto& [scaleOfLevel, tensors] : levels) {
            const double size = norm(tensors);
            double& first = firstOfLevel_[scaleOfLevel];
            first = distance == 1 ? size : first;
            if (first > 0) {
                levels_[scaleOfLevel][distance - 1].push_back(size / first);
            }
        }
    }

    InfluenceMeasure result(int distances) const
    {
        InfluenceMeasure measure;
        measure.norms = meansOf(norms_, distances + 1);
        measure.relative = meansOf(relative_, distances + 1);
        for (const auto& [cellScale, values] : levels_) {
            measure.levels.push_back({cellScale, meansOf(values, distances)});
        }
        std::vector<std::vector<at::Tensor>> latents;
        for (const auto& part : latents_) {
            latents.push_back({part});
        }
        measure.latents = errorsOf(latents);
        measure.parameters = parameters_.front().empty() ? std::vector<TruncationError>() : errorsOf(parameters_);
        measure.gradient = latents_.front().clone();
        for (std::size_t bin = 1; bin < latents_.size(); ++bin) {
            measure.gradient += latents_[bin];
        }
        return measure;
    }

    // Per bin: the gradient at the latents of the distances in it.
    const std::vector<at::Tensor>& latentBins() const { return latents_; }

    // Of gradients that are given bin by bin, [bin][tensor].
    std::vector<TruncationError> errorsOf(const std::vector<std::vector<at::Tensor>>& bins) const
    {
        const std::size_t tensors = bins.front().size();
        std::vector<TruncationError> errors;
        std::vector<double> squares(compared_.size()), whole(1), dots(compared_.size()), apart(compared_.size()),
            apartAbsolute(compared_.size());
        double absolute = 0;
        for (std::size_t t = 0; t < tensors; ++t) {
            at::Tensor all = bins.front()[t].to(at::kDouble);
            for (std::size_t bin = 1; bin < bins.size(); ++bin) {
                all = all + bins[bin][t];
            }
            whole[0] += all.square().sum().item<double>();
            absolute += all.abs().sum().item<double>();
            at::Tensor sum = at::zeros_like(all);
            for (std::size_t d = 0; d < compared_.size(); ++d) {
                sum += bins[d][t];
                squares[d] += sum.square().sum().item<double>();
                dots[d] += (sum * all).sum().item<double>();
                const at::Tensor difference = sum - all;
                apart[d] += difference.square().sum().item<double>();
                apartAbsolute[d] += difference.abs().sum().item<double>();
            }
        }
        const double size = std::sqrt(whole[0]);
        for (std::size_t d = 0; d < compared_.size(); ++d) {
            TruncationError error;
            error.distance = compared_[d];
            error.norm = std::sqrt(squares[d]);
            error.absoluteError = std::sqrt(apart[d]);
            error.relativeError = size > 0 ? error.absoluteError / size : 0;
            error.meanAbsoluteError = absolute > 0 ? apartAbsolute[d] / absolute : 0;
            error.normRatio = size > 0 ? error.norm / size : 0;
            error.cosine = size > 0 && error.norm > 0 ? dots[d] / (size * error.norm) : 0;
            errors.push_back(error);
        }
        return errors;
    }

private:
    // Bin b holds distances above compared_[b - 1] up to compared_[b]; the last one what is beyond.
    std::size_t binOf(std::int64_t distance) const
    {
        return static_cast<std::size_t>(
            std::lower_bound(compared_.begin(), compared_.end(), distance) - compared_.begin());
    }

    std::vector<models::CacheSlot> slots_;
    std::vector<base::FrameRange> spans_;
    std::vector<int> compared_;
    double own_ = 0;
    std::map<std::int64_t, std::vector<double>> norms_, relative_;
    std::map<int, double> firstOfLevel_;
    std::map<int, std::map<std::int64_t, std::vector<double>>> levels_;
    std::vector<at::Tensor> latents_;                 // per bin
    std::vector<std::vector<at::Tensor>> parameters_; // per bin
};

} // namespace

namespace {

// What truncation leaves of the gradients at the weights that made the latents: every bin is pulled back on its own.
std::vector<TruncationError> errorsBehind(
    const Listener& listener, const at::Tensor& latents, const std::vector<at::Tensor>& weights)
{
    std::vector<std::vector<at::Tensor>> bins;
    for (const at::Tensor& cotangent : listener.latentBins()) {
        auto& found = bins.emplace_back(torch::autograd::grad({latents}, weights, {cotangent.to(latents.options())},
            /*retain_graph=*/true, /*create_graph=*/false, /*allow_unused=*/true));
        for (std::size_t i = 0; i < found.size(); ++i) {
            found[i] = found[i].defined() ? found[i] : at::zeros_like(weights[i]);
        }
    }
    return listener.errorsOf(bins);
}

} // namespace

InfluenceMeasure measureInfluence(models::CausalDecoder& decoder, const ClipLatents& given,
    const perceptual::FrameLoss& loss, const InfluenceOptions& options)
{
    ClipLatents clip = given;
    at::Tensor live; // latents with the graph of the weights behind them
    if (options.denoise) {
        const c10::AutoGradMode gradient(true);
        live = options.denoise();
        clip.latents = live.detach();
    }
    const auto spans = groupsOf(decoder, clip);
    const auto groups = static_cast<int>(spans.size());
    if (groups < 2) {
        throw base::Error(base::ErrorKind::kUsage, "Influence over time cannot be measured.",
            "The clip is a single group of frames.", "Choose a longer clip.");
    }
    const int distances = options.distances < 0 ? groups - 1 : std::min(options.distances, groups - 1);
    std::vector<int> compared = options.compared;
    if (compared.empty()) {
        compared.resize(static_cast<std::size_t>(distances) + 1);
        std::iota(compared.begin(), compared.end(), 0);
    }
    std::sort(compared.begin(), compared.end());
    compared.erase(std::unique(compared.begin(), compared.end()), compared.end());
    std::vector<base::FrameRange> latentSpans;
    for (const auto& span : spans) {
        latentSpans.push_back(span.latents);
    }
    Listener listener(decoder, clip.latents, latentSpans, compared, trainedParameters(decoder).tensors);
    plan::GradientSchedule schedule;
    schedule.mode = plan::GradientMode::kChop;
    schedule.distance = distances;
    schedule.form = options.leastMemory ? plan::ChopForm::kRecomputing : plan::ChopForm::kSliding;
    SweepOptions sweepOptions = options.sweep;
    sweepOptions.listener = &listener;
    sweepOptions.onScale = [&](double scale) { listener.scale = scale; };
    const ClipGradient gradient = sweep(decoder, clip, loss, schedule, sweepOptions);
    InfluenceMeasure measure = listener.result(distances);
    measure.groups = groups;
    measure.loss = gradient.loss;
    measure.counts = gradient.counts;
    measure.isWhole = distances == groups - 1;
    if (live.defined() && live.requires_grad()) {
        measure.denoiser = errorsBehind(listener, live, options.weights);
    }
    return measure;
}

LocalityMeasure measureLocality(models::CausalDecoder& decoder, const ClipLatents& clip, const at::Tensor& target,
    const plan::GradientSchedule& schedule, const SweepOptions& options)
{
    const std::int64_t rows = clip.latents.size(3), columns = clip.latents.size(4);
    const std::int64_t stride = decoder.traits().spatialStride;
    LocalityMeasure measure;
    measure.row = rows / 2;
    measure.column = columns / 2;
    perceptual::LossTarget seen{target, {}, {}, {}};
    seen.mask = at::zeros({1, 1, 1, target.size(3), target.size(4)}, target.options());
    seen.mask.narrow(3, measure.row * stride, stride).narrow(4, measure.column * stride, stride).fill_(1);
    const auto loss = perceptual::makeLoss(perceptual::parseLosses("mse"), std::move(seen));
    const ClipGradient gradient = sweep(decoder, clip, *loss, schedule, options);
    measure.loss = gradient.loss;
    const at::Tensor energy = gradient.latents.to(at::kCPU, at::kDouble).square().sum({0, 1, 2}).contiguous();
    const std::int64_t most =
        std::max({measure.row, rows - 1 - measure.row, measure.column, columns - 1 - measure.column});
    measure.share.assign(static_cast<std::size_t>(most) + 1, 0);
    const double* values = energy.data_ptr<double>();
    double total = 0;
    for (std::int64_t y = 0; y < rows; ++y) {
        for (std::int64_t x = 0; x < columns; ++x) {
            const std::int64_t far = std::max(std::abs(y - measure.row), std::abs(x - measure.column));
            measure.share[static_cast<std::size_t>(far)] += values[y * columns + x];
            total += values[y * columns + x];
        }
    }
    double sum = 0;
    for (double& share : measure.share) {
        sum += share;
        share = total > 0 ? sum / total : 0;
    }
    return measure;
}

} // namespace reelmend::chopgrad
