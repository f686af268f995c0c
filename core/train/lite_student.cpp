#include "core/train/lite_student.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "core/models/lite_forward.h"
#include "core/tensor/recompute.h"
#include "core/train/swept_loss.h"
#include "core/train/visit_of.h"

namespace reelmend::train {

namespace {

// One group of all clips as a function of tensors alone: the network's, the group's pixels, the caches' slots.
class GroupPass {
public:
    GroupPass(const models::LiteWeights& network, std::int64_t frames, const models::lite::PassCache& cache)
        : network_(network)
        , frames_(frames)
        , flags_{cache.encoder.atStart, cache.transformer.atStart, cache.decoder.atStart}
        , sizes_{cache.encoder.slots.size(), cache.transformer.slots.size(), cache.decoder.slots.size()}
    {}

    static std::vector<at::Tensor> inputs(
        models::LiteWeights network, const at::Tensor& pixels, const models::lite::PassCache& cache)
    {
        std::vector<at::Tensor> tensors{pixels};
        for (const models::CausalCache* part : {&cache.encoder, &cache.transformer, &cache.decoder}) {
            tensors.insert(tensors.end(), part->slots.begin(), part->slots.end());
        }
        network.visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) { tensors.push_back(tensor); });
        return tensors;
    }

    // Frames first, then the slots of the three caches. What the caches look like goes to `after`.
    std::vector<at::Tensor> run(const std::vector<at::Tensor>& tensors, models::lite::PassCache& after) const
    {
        models::lite::PassCache cache;
        std::size_t next = 1;
        const std::array<models::CausalCache*, 3> parts{&cache.encoder, &cache.transformer, &cache.decoder};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            parts[i]->atStart = flags_[i];
            for (std::size_t slot = 0; slot < sizes_[i]; ++slot) {
                parts[i]->slots.push_back(tensors[next++]);
            }
        }
        models::LiteWeights network = network_;
        network.visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) { tensor = tensors[next++]; });
        std::vector<at::Tensor> outputs{models::lite::pass(network, tensors.front(), frames_, cache)};
        for (const models::CausalCache* part : parts) {
            outputs.insert(outputs.end(), part->slots.begin(), part->slots.end());
        }
        after = cache;
        return outputs;
    }

private:
    models::LiteWeights network_;
    std::int64_t frames_;
    std::array<bool, 3> flags_;
    std::array<std::size_t, 3> sizes_;
};

// lite::pass() that keeps nothing but its inputs for the backward.
at::Tensor recomputedPass(
    const models::LiteWeights& network, const at::Tensor& pixels, std::int64_t frames, models::lite::PassCache& cache)
{
    const auto group = std::make_shared<GroupPass>(network, frames, cache);
    const auto after = std::make_shared<models::lite::PassCache>();
    const std::vector<at::Tensor> outputs = tensor::recomputed(
        [group, after](const std::vector<at::Tensor>& tensors) { return group->run(tensors, *after); },
        GroupPass::inputs(network, pixels, cache));
    // The caches as the first run left them, but with the tensors that autograd knows.
    models::lite::PassCache handed = *after;
    *after = {};
    std::size_t next = 1;
    for (models::CausalCache* part : {&handed.encoder, &handed.transformer, &handed.decoder}) {
        for (at::Tensor& slot : part->slots) {
            slot = outputs[next++];
        }
    }
    cache = std::move(handed);
    return outputs.front();
}

} // namespace

at::Tensor liteFrames(const models::LiteWeights& folded, const Batch& batch, Activations activations)
{
    const auto sizes = batch.input.sizes();
    models::lite::PassCache cache;
    std::vector<at::Tensor> parts;
    for (std::int64_t first = 0; first < sizes[1];) {
        const std::int64_t count = first == 0 ? 1 : models::kLiteGroupFrames;
        const at::Tensor input = batch.input.narrow(1, first, count)
                                     .reshape({sizes[0] * count, sizes[2], sizes[3], sizes[4]})
                                     .contiguous(at::MemoryFormat::ChannelsLast);
        const at::Tensor made = activations == Activations::kRecomputed
                                    ? recomputedPass(folded, input, count, cache)
                                    : models::lite::pass(folded, input, count, cache);
        parts.push_back(made.view({sizes[0], count, 3, sizes[3], sizes[4]}));
        first += count;
    }
    return at::cat(parts, 1);
}

LiteStudent::LiteStudent(models::LiteWeights base, LiteStudentSettings settings, const perceptual::Lpips* lpips)
    : base_(std::move(base))
    , settings_(std::move(settings))
    , lpips_(lpips)
{
    const auto there = [&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        tensor = tensor.to(settings_.device);
    };
    base_.visit(there);
    for (auto& [condition, lora] : base_.adapters) {
        lora.visit(there);
    }
    if (settings_.adapter) {
        lora_ = models::freshLora(visitOf(base_), *settings_.adapter, settings_.seed);
        lora_->visit(there);
    }
}

void LiteStudent::visitTrained(const models::ParameterVisitor& visitor)
{
    if (lora_) {
        lora_->visit(visitor);
    } else {
        base_.visit(visitor);
    }
}

at::Tensor LiteStudent::lossOf(
    const models::LiteWeights& master, const Batch& batch, std::uint64_t key, TeachingStep& record)
{
    if (settings_.gradient.mode != plan::GradientMode::kFull) {
        plan::GradientSchedule schedule = settings_.gradient;
        if (record.distance >= 0) {
            schedule.distance = record.distance;
        }
        return sweptLoss(master, batch, settings_.losses, lpips_, settings_.bfloat16, key, schedule, record.terms);
    }
    at::Tensor loss;
    if (settings_.recompute) {
        const models::LiteWeights network = networkOf(master, batch, settings_.bfloat16);
        loss = pixelLoss(
            liteFrames(network, batch, Activations::kRecomputed), batch, settings_.losses, lpips_, key, record.terms);
    } else {
        loss = liteLoss(master, batch, settings_.losses, lpips_, settings_.bfloat16, key, record.terms);
    }
    record.terms.add(&LossTerms::loss, loss);
    return loss;
}

void LiteStudent::backward(
    const Batch& given, std::uint64_t key, double share, TeachingStep& record, PhaseClock& clock)
{
    const Batch batch = given.to(settings_.device);
    clock.begin("values");
    const at::Tensor loss = lossOf(taught(), batch, key, record);
    record.conditions.push_back(batch.conditions.front());
    clock.begin("gradient");
    (loss * share).backward();
    clock.end();
}

models::LiteWeights LiteStudent::taught() const
{
    models::LiteWeights master = base_;
    if (lora_) {
        models::applyLora(visitOf(master), *lora_);
    }
    return master;
}

std::optional<int> LiteStudent::distance(
    const Batch& batch, std::uint64_t key, const plan::DistanceSchedule& schedule)
{
    const at::NoGradGuard noGrad;
    return sweptDistance(
        taught(), batch.to(settings_.device), settings_.losses, lpips_, settings_.bfloat16, key, schedule);
}

at::Tensor LiteStudent::frames(const Values& values, const Batch& given)
{
    const at::NoGradGuard noGrad;
    const Batch batch = given.to(settings_.device);
    const models::LiteWeights network = models::folded(weights(values), batch.conditions.front(), 0, at::kFloat);
    return liteFrames(network, batch, Activations::kKept).cpu();
}

models::LiteWeights LiteStudent::weights(const Values& values) const
{
    const at::NoGradGuard noGrad;
    models::LiteWeights result = base_;
    result.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        const auto found = lora_ ? values.end() : values.find(name);
        tensor = found == values.end() ? tensor.detach() : found->second;
    });
    if (const auto own = adapter(values)) {
        models::mergeLora(visitOf(result), *own);
    }
    return result;
}

std::optional<models::Lora> LiteStudent::adapter(const Values& values) const
{
    if (!lora_) {
        return std::nullopt;
    }
    models::Lora own = *lora_;
    own.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        const auto found = values.find(name);
        tensor = found == values.end() ? tensor.detach() : found->second;
    });
    return own;
}

std::int64_t measuredPassBytes(LiteStudent& student, const BatchSettings& settings)
{
    Batch batch;
    const std::int64_t clips = settings.clips, frames = settings.frames, side = settings.crop;
    batch.input = at::rand({clips, frames, models::kLiteInputChannels, side, side});
    batch.target = at::rand({clips, frames, 3, side, side});
    batch.weight = at::ones({clips, frames, 1, side, side});
    batch.conditions.assign(static_cast<std::size_t>(clips), 0);
    batch.details.assign(static_cast<std::size_t>(clips), 1); // every loss has its part
    student.visitTrained(
        [](const std::string&, at::Tensor& tensor, at::IntArrayRef) { tensor.requires_grad_(true); });
    TeachingStep record;
    PhaseClock clock(record, student.device());
    student.backward(batch, 1, 1, record, clock);
    student.visitTrained(
        [](const std::string&, at::Tensor& tensor, at::IntArrayRef) { tensor.mutable_grad().reset(); });
    std::int64_t peak = 0;
    for (const TeachingStep::Phase& phase : record.phases) {
        peak = std::max(peak, phase.peakBytes);
    }
    return peak;
}

} // namespace reelmend::train
