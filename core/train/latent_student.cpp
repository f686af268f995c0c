#include "core/train/latent_student.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

#include "core/models/evaluate.h"
#include "core/models/wan_vace.h"
#include "core/train/batch_loss.h"
#include "core/train/carry.h"
#include "core/train/distance_probe.h"
#include "core/train/visit_of.h"

namespace reelmend::train {

namespace {

const std::string kDenoiser = "denoiser.", kDecoder = "decoder.";

// An adapter in a network's weights for as long as this lives.
class Applied {
public:
    Applied(models::VisitFunction network, const models::Lora& lora)
        : network_(std::move(network))
        , replaced_(models::applyLora(network_, lora))
    {}
    ~Applied() { models::unmergeLora(network_, replaced_); }
    Applied(const Applied&) = delete;
    Applied& operator=(const Applied&) = delete;

private:
    models::VisitFunction network_;
    models::ReplacedWeights replaced_;
};

models::Lora withValues(models::Lora lora, const std::string& prefix, const Student::Values& values)
{
    lora.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        const auto found = values.find(prefix + name);
        tensor = found == values.end() ? tensor.detach() : found->second;
    });
    return lora;
}

std::vector<at::Tensor> tensorsOf(models::Lora& lora)
{
    std::vector<at::Tensor> tensors;
    lora.visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) { tensors.push_back(tensor); });
    return tensors;
}

void addGradient(at::Tensor& parameter, const at::Tensor& gradient)
{
    at::Tensor& sum = parameter.mutable_grad();
    sum = sum.defined() ? sum + gradient : gradient;
}

} // namespace

struct LatentStudent::Given {
    at::Tensor latents; // of the degraded clip, normalised: [clips, channels, time, height, width], float32
    at::Tensor target;  // of the clean clip, as the decoder takes them; of mode latent-only
    models::Conditioning conditioning;
};

// Brings networks onto the stage, with the adapters over them. Without offloading all are there and stay.
class LatentStudent::Stage {
public:
    Stage(LatentStudent& student, models::Lora denoiser, std::optional<models::Lora> decoder)
        : student_(student)
        , denoiserLora_(std::move(denoiser))
        , decoderLora_(std::move(decoder))
    {
        if (!student_.settings_.offload) {
            applyDenoiser(); // for the whole step: activations that are made again look at the weights once more
            applyDecoder();
        }
    }
    ~Stage() { clear(); }
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    void encoder()
    {
        if (student_.settings_.offload) {
            clear();
            student_.encoderShelf_->bring();
        }
    }
    void denoiser()
    {
        if (student_.settings_.offload) {
            clear();
            student_.denoiserShelf_->bring();
            applyDenoiser();
        }
    }
    void decoder()
    {
        if (student_.settings_.offload) {
            clear();
            student_.decoderShelf_->bring();
            applyDecoder();
        }
    }

private:
    void applyDenoiser() { denoiser_.emplace(visitOf(*student_.model_.denoiser), denoiserLora_); }
    void applyDecoder()
    {
        if (decoderLora_) {
            decoder_.emplace(visitOf(*student_.model_.decoder), *decoderLora_);
        }
    }
    void clear()
    {
        denoiser_.reset();
        decoder_.reset();
        for (auto* shelf : {&student_.encoderShelf_, &student_.denoiserShelf_, &student_.decoderShelf_}) {
            if (*shelf) {
                (*shelf)->park();
            }
        }
    }

    LatentStudent& student_;
    models::Lora denoiserLora_;
    std::optional<models::Lora> decoderLora_;
    std::optional<Applied> denoiser_, decoder_;
};

LatentStudent::LatentStudent(LatentModel model, LatentStudentSettings settings, const perceptual::Lpips* lpips)
    : model_(std::move(model))
    , settings_(std::move(settings))
    , lpips_(lpips)
    , denoiserLora_(models::freshLora(visitOf(*model_.denoiser), settings_.adapter, settings_.seed))
{
    const auto there = [&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        tensor = tensor.to(model_.device);
    };
    model_.text = model_.text.to(model_.device);
    denoiserLora_.visit(there);
    if (settings_.decoderAdapter) {
        decoderLora_ = models::freshLora(visitOf(*model_.decoder), *settings_.decoderAdapter, settings_.seed + 1);
        decoderLora_->visit(there);
    }
    models::setRequiresGrad(visitOf(*model_.denoiser), false);
    models::setRequiresGrad(visitOf(*model_.decoder), false);
    model_.denoiser->setActivations(
        settings_.recompute ? models::Activations::kRecomputed : models::Activations::kKept);
    if (settings_.offload) {
        encoderShelf_.emplace(visitOf(*model_.encoder), model_.device);
        denoiserShelf_.emplace(visitOf(*model_.denoiser), model_.device);
        decoderShelf_.emplace(visitOf(*model_.decoder), model_.device);
    } else {
        model_.encoder->visit(there);
        model_.denoiser->visit(there);
        model_.decoder->visit(there);
    }
}

void LatentStudent::visitTrained(const models::ParameterVisitor& visitor)
{
    const auto prefixed = [&](const std::string& prefix) {
        return [&visitor, prefix](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
            visitor(prefix + name, tensor, shape);
        };
    };
    denoiserLora_.visit(prefixed(kDenoiser));
    if (decoderLora_) {
        decoderLora_->visit(prefixed(kDecoder));
    }
}

// Normalised, in float32: [clips, channels, time, height, width].
at::Tensor LatentStudent::encoded(const at::Tensor& video) const
{
    const at::Tensor parameters = models::encoded(*model_.encoder, video.to(model_.encoderType));
    return models::normalised(model_.codec, models::posteriorMean(model_.codec, parameters)).to(at::kFloat);
}

LatentStudent::Given LatentStudent::givenFor(const Batch& batch, const plan::GradientSchedule& schedule) const
{
    const at::NoGradGuard noGrad;
    const at::Tensor video = batch.input.narrow(2, 0, 3).transpose(1, 2);
    const at::Tensor mask = batch.input.narrow(2, 3, 1).transpose(1, 2).gt(0).to(at::kFloat);
    Given given;
    given.latents = encoded(model_.greyHoles ? video * (1 - mask) : video);
    if (schedule.mode == plan::GradientMode::kLatentOnly) {
        given.target = models::denormalised(model_.codec, encoded(batch.target.transpose(1, 2)));
    }
    const std::int64_t clips = video.size(0);
    given.conditioning.control = settings_.control;
    given.conditioning.timestep = at::full({clips}, model_.step.timestep, at::kDouble);
    given.conditioning.text = model_.text.to(model_.denoiserType).expand({clips, -1, -1});
    if (model_.denoiser->traits().contextChannels > 0) {
        const auto known = model_.greyHoles ? models::KnownLatents::kInactive : models::KnownLatents::kWhole;
        given.conditioning.context = models::vaceContextOf(
            video, mask, model_.codec.spatialStride, given.latents, known, [this](const at::Tensor& part) {
                return encoded(part);
            }).to(model_.denoiserType);
    }
    return given;
}

// As the decoder takes them.
at::Tensor LatentStudent::clean(const Given& given) const
{
    const at::Tensor prediction =
        model_.denoiser->predict(given.latents.to(model_.denoiserType), given.conditioning).prediction;
    const at::Tensor clean = model_.step.clean(given.latents, prediction.to(at::kFloat));
    return models::denormalised(model_.codec, clean).to(model_.decoderType);
}

chopgrad::TrainingStep LatentStudent::step(
    const Given& given, const BatchLoss& loss, const chopgrad::TrainingStepOptions& options)
{
    return chopgrad::runTrainingStep(
        [&] { return clean(given); }, tensorsOf(denoiserLora_), *model_.decoder, loss, options);
}

// Attention's gradient repeats itself only where LibTorch is told to insist on it; if another kernel then cannot, the
// step is done once more without insisting, and so are all that follow.
chopgrad::TrainingStep LatentStudent::repeatableStep(
    const Batch& batch, const Given& given, std::uint64_t key, Stage& stage, TeachingStep& record, PhaseClock& clock)
{
    chopgrad::TrainingStepOptions options;
    options.schedule = settings_.gradient;
    if (record.distance >= 0) {
        options.schedule.distance = record.distance;
    }
    options.sweep.control = settings_.control;
    options.sweep.tracker = &clock.tracker();
    options.entering = [&stage](chopgrad::Phase phase) {
        phase == chopgrad::Phase::kSweep ? stage.decoder() : stage.denoiser();
    };
    if (given.target.defined()) {
        options.latentLoss = [&given](const at::Tensor& latents) {
            return (latents.to(at::kFloat) - given.target).square().mean();
        };
    }
    try {
        const tensor::RepeatingScope scope(model_.device, repeating_);
        LossTerms terms;
        const BatchLoss loss(batch, settings_.losses, lpips_, key, terms);
        chopgrad::TrainingStep done = step(given, loss, options);
        record.terms.add(terms);
        return done;
    } catch (const c10::Error& error) {
        if (repeating_ != tensor::Repeating::kAlways || !tensor::isUnrepeatable(error)) {
            throw;
        }
    }
    repeating_ = tensor::Repeating::kWhereKnown;
    return repeatableStep(batch, given, key, stage, record, clock);
}

void LatentStudent::backward(
    const Batch& there, std::uint64_t key, double share, TeachingStep& record, PhaseClock& clock)
{
    const Batch batch = there.to(model_.device);
    const at::AutoGradMode withGradient(true);
    clock.begin("encode");
    Stage stage(*this, denoiserLora_, decoderLora_);
    stage.encoder();
    const Given given = givenFor(batch, settings_.gradient);
    clock.end();
    const chopgrad::TrainingStep step = repeatableStep(batch, given, key, stage, record, clock);
    for (const chopgrad::PhaseCost& cost : step.costs) {
        clock.add(chopgrad::phaseName(cost.phase), cost.seconds, cost.peakBytes);
    }
    clock.begin("adapters");
    std::vector<at::Tensor> parameters = tensorsOf(denoiserLora_);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (step.gradients[i].defined()) {
            addGradient(parameters[i], step.gradients[i].to(at::kFloat) * share);
        }
    }
    if (decoderLora_) {
        stage.decoder();
        at::Tensor sum; // through the weights, on to the adapter that made them
        carryParameters(sum, *model_.decoder, step.decoder);
        if (sum.defined()) {
            (sum * share).backward();
        }
    }
    record.terms.add(&LossTerms::loss, at::scalar_tensor(step.loss + step.latentLoss, at::kDouble));
    record.conditions.push_back(batch.conditions.front());
    clock.end();
}

std::optional<int> LatentStudent::distance(
    const Batch& there, std::uint64_t key, const plan::DistanceSchedule& schedule)
{
    const at::NoGradGuard noGrad;
    const Batch batch = there.to(model_.device);
    Stage stage(*this, denoiserLora_, decoderLora_);
    stage.encoder();
    const Given given = givenFor(batch, settings_.gradient);
    stage.denoiser();
    const chopgrad::ClipLatents clip{clean(given), {}, {}};
    stage.decoder();
    LossTerms unused;
    const BatchLoss loss(batch, settings_.losses, lpips_, key, unused);
    return probedDistance(*model_.decoder, clip, loss, schedule, settings_.control);
}

at::Tensor LatentStudent::frames(const Values& values, const Batch& there)
{
    const at::NoGradGuard noGrad;
    Stage stage(*this, denoiserAdapter(values), decoderAdapter(values));
    stage.encoder();
    const Given given = givenFor(there.to(model_.device), {});
    stage.denoiser();
    const at::Tensor latents = clean(given);
    stage.decoder();
    const at::Tensor video = models::decoded(*model_.decoder, latents);
    return video.to(at::kCPU, at::kFloat).transpose(1, 2).contiguous();
}

models::Lora LatentStudent::denoiserAdapter(const Values& values) const
{
    return withValues(denoiserLora_, kDenoiser, values);
}

std::optional<models::Lora> LatentStudent::decoderAdapter(const Values& values) const
{
    return decoderLora_ ? std::optional(withValues(*decoderLora_, kDecoder, values)) : std::nullopt;
}

} // namespace reelmend::train
