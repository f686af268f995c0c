#include "core/train/latent_student.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

#include "core/models/evaluate.h"
#include "core/models/wan_vace.h"
#include "core/train/batch_loss.h"
#include "core/train/carry.h"

namespace reelmend::train {

namespace {

const std::string kDenoiser = "denoiser.", kDecoder = "decoder.";

template <class Network> models::VisitFunction visitOf(Network& network)
{
    return [&network](const models::ParameterVisitor& visitor) { network.visit(visitor); };
}

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
    models::Conditioning conditioning;
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
    model_.encoder->visit(there);
    model_.denoiser->visit(there);
    model_.decoder->visit(there);
    model_.text = model_.text.to(model_.device);
    denoiserLora_.visit(there);
    models::setRequiresGrad(visitOf(*model_.denoiser), false);
    models::setRequiresGrad(visitOf(*model_.decoder), false);
    model_.denoiser->setActivations(
        settings_.recompute ? models::Activations::kRecomputed : models::Activations::kKept);
    if (settings_.decoderAdapter) {
        decoderLora_ = models::freshLora(visitOf(*model_.decoder), *settings_.decoderAdapter, settings_.seed + 1);
        decoderLora_->visit(there);
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

LatentStudent::Given LatentStudent::givenFor(const Batch& batch) const
{
    const at::NoGradGuard noGrad;
    const at::Tensor video = batch.input.narrow(2, 0, 3).transpose(1, 2);
    const at::Tensor mask = batch.input.narrow(2, 3, 1).transpose(1, 2).gt(0).to(at::kFloat);
    Given given;
    given.latents = encoded(model_.greyHoles ? video * (1 - mask) : video);
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
    const Batch& batch, const Given& given, std::uint64_t key, LossTerms& terms)
{
    chopgrad::TrainingStepOptions options;
    options.schedule = settings_.gradient;
    options.sweep.control = settings_.control;
    if (settings_.gradient.mode == plan::GradientMode::kLatentOnly) {
        const at::NoGradGuard noGrad;
        const at::Tensor target = models::denormalised(model_.codec, encoded(batch.target.transpose(1, 2)));
        options.latentLoss = [target](const at::Tensor& latents) {
            return (latents.to(at::kFloat) - target).square().mean();
        };
    }
    const BatchLoss loss(batch, settings_.losses, lpips_, key, terms);
    return chopgrad::runTrainingStep(
        [&] { return clean(given); }, tensorsOf(denoiserLora_), *model_.decoder, loss, options);
}

// Attention's gradient repeats itself only where LibTorch is told to insist on it; if another kernel then cannot, the
// step is done once more without insisting, and so are all that follow.
chopgrad::TrainingStep LatentStudent::repeatableStep(
    const Batch& batch, const Given& given, std::uint64_t key, LossTerms& terms)
{
    try {
        const tensor::RepeatingScope scope(model_.device, repeating_);
        LossTerms own;
        chopgrad::TrainingStep done = step(batch, given, key, own);
        terms.add(own);
        return done;
    } catch (const c10::Error& error) {
        if (repeating_ != tensor::Repeating::kAlways || !tensor::isUnrepeatable(error)) {
            throw;
        }
    }
    repeating_ = tensor::Repeating::kWhereKnown;
    return repeatableStep(batch, given, key, terms);
}

void LatentStudent::backward(
    const Batch& there, std::uint64_t key, double share, TeachingStep& record, PhaseClock& clock)
{
    const Batch batch = there.to(model_.device);
    clock.begin("values");
    const Given given = givenFor(batch);
    clock.begin("gradient");
    const at::AutoGradMode withGradient(true);
    // For the whole step: activations that are made again look at the weights once more.
    const Applied denoiser(visitOf(*model_.denoiser), denoiserLora_);
    std::optional<Applied> decoder;
    if (decoderLora_) {
        decoder.emplace(visitOf(*model_.decoder), *decoderLora_);
    }
    const chopgrad::TrainingStep step = repeatableStep(batch, given, key, record.terms);
    std::vector<at::Tensor> parameters = tensorsOf(denoiserLora_);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (step.gradients[i].defined()) {
            addGradient(parameters[i], step.gradients[i].to(at::kFloat) * share);
        }
    }
    if (decoder) {
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

at::Tensor LatentStudent::frames(const Values& values, const Batch& there)
{
    const at::NoGradGuard noGrad;
    const Batch batch = there.to(model_.device);
    const Applied denoiser(visitOf(*model_.denoiser), denoiserAdapter(values));
    std::optional<Applied> decoder;
    if (const auto lora = decoderAdapter(values)) {
        decoder.emplace(visitOf(*model_.decoder), *lora);
    }
    const at::Tensor video = models::decoded(*model_.decoder, clean(givenFor(batch)));
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
