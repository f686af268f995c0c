#include <ATen/ATen.h>

#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/enhance/one_step_model.h"
#include "core/models/catalogue.h"
#include "core/models/lora_file.h"
#include "core/runner/capabilities.h"
#include "core/runner/dove_maker.h"
#include "core/runner/finetune_budget.h"
#include "core/runner/finetune_lesson.h"
#include "core/runner/finetune_settings.h"
#include "core/runner/model_choice.h"
#include "core/runner/one_step_parts.h"
#include "core/train/latent_student.h"

namespace reelmend::runner {

namespace {

// The run that the result is for: what cannot be enhanced with cannot be taught either.
jobs::EnhanceRequest runOf(const jobs::FineTuneRequest& request)
{
    jobs::EnhanceRequest run;
    run.task = request.task;
    run.scale = request.scale;
    run.model = request.model;
    run.promptEmbedding = request.promptEmbedding;
    return run;
}

// What a crop's side has to be a multiple of.
int sideOf(const enhance::OneStepModel& model)
{
    return model.codec().sizeMultiple * model.denoiserTraits().cellMultiple;
}

void checkSizes(const jobs::FineTuneRequest& request, const enhance::OneStepModel& model)
{
    const int side = sideOf(model);
    if (request.size % side != 0) {
        throw jobs::RequestError("size", "This model takes crops whose side is a multiple of " +
                                             std::to_string(side) + ", not " + std::to_string(request.size) + ".");
    }
    if (request.validationSize < side) {
        throw jobs::RequestError(
            "validationSize", "It must be at least " + std::to_string(side) + " for this model.");
    }
    // A token of CogVideoX 1.5 is two latents of four frames.
    const int together = isDove(request.model) ? 8 : model.codec().framesPerGroup;
    if ((request.frames - 1) % together != 0) {
        throw jobs::RequestError("frames", "This model takes one frame and then groups of " +
                                               std::to_string(together) + ": " + std::to_string(1 + together) + ", " +
                                               std::to_string(1 + 2 * together) + ", …");
    }
}

class PublishedLesson final : public Lesson {
public:
    PublishedLesson(const jobs::FineTuneRequest& request, train::LatentModel model, const perceptual::Lpips* lpips,
        const base::Control* control)
        : request_(request)
        , student_(std::move(model), settingsOf(request, model.device, control), lpips)
    {}

    train::Student& student() override { return student_; }

    void write(
        const train::Student::Values& values, const std::map<std::string, std::string>& metadata) const override
    {
        const auto dialect = *models::loraDialectFromName(request_.adapter->names);
        const auto write = [&](const std::filesystem::path& path, const models::Lora& lora, models::LoraPart part) {
            std::map<std::string, std::string> own = metadata;
            own.insert(models::loraPartEntry(part));
            models::writeLora(path, lora, dialect, std::move(own));
        };
        if (const auto decoder = student_.decoderAdapter(values)) {
            write(besideOutput(request_, "decoder"), *decoder, models::LoraPart::kDecoder);
        }
        write(base::pathFromText(request_.output), student_.denoiserAdapter(values), models::LoraPart::kDenoiser);
    }

private:
    static train::LatentStudentSettings settingsOf(
        const jobs::FineTuneRequest& request, c10::Device device, const base::Control* control)
    {
        const train::LiteStudentSettings common = studentOf(request, device);
        train::LatentStudentSettings settings;
        settings.losses = common.losses;
        settings.gradient = common.gradient;
        settings.recompute = common.recompute;
        settings.offload = request.offload && device.is_cuda(); // elsewhere the host's memory is the device's
        settings.seed = common.seed;
        settings.control = control;
        const jobs::AdapterSettings& adapter = *request.adapter;
        settings.adapter = {adapter.rank, adapter.alpha, adapter.modules, {}};
        if (adapter.decoder) {
            settings.decoderAdapter = models::LoraSettings{adapter.rank, adapter.alpha, {}, {}};
        }
        return settings;
    }

    jobs::FineTuneRequest request_;
    train::LatentStudent student_;
};

} // namespace

void checkPublishedLesson(const jobs::FineTuneRequest& request, c10::Device device)
{
    if (jobs::Problems problems = unsupported(runOf(request)); !problems.empty()) {
        throw jobs::RequestError(std::move(problems));
    }
    if (!request.adapter) {
        throw jobs::RequestError("adapter",
            "A published model is too large to teach all of its weights here: choose the rank of an adapter "
            "(--lora-rank 16).");
    }
    const enhance::OneStepModel model = openOneStep(runOf(request));
    checkSizes(request, model);
    enhance::promptEmbedding(promptFile(runOf(request)), model.denoiserTraits());
    if (request.memory > 0) {
        const enhance::OneStepFiles files = enhance::oneStepFiles(weightFile(request.model));
        const PublishedTraining training(files.transformer, files.autoencoder);
        checkBudget(request, sideOf(model), sideOf(model),
            [&](const jobs::FineTuneRequest& asked) { return training.bytes(asked, device); });
    }
}

std::unique_ptr<Lesson> openPublishedLesson(const jobs::FineTuneRequest& request, c10::Device device,
    const perceptual::Lpips* lpips, const base::Control* control)
{
    const enhance::OneStepFiles files = enhance::oneStepFiles(weightFile(request.model));
    const at::ScalarType precision = usesBFloat16(request, device) ? at::kBFloat16 : at::kFloat;
    models::LoadOptions how;
    how.dtype = precision;
    train::LatentModel model;
    model.device = device;
    model.denoiserType = model.decoderType = precision;
    model.denoiser = models::loadDenoiser(files.transformer, how);
    how.encoder = false;
    models::Autoencoder decoder = models::loadAutoencoder(files.autoencoder, how);
    model.codec = decoder.traits;
    model.decoder = std::move(decoder.decoder);
    how.encoder = true;
    how.decoder = false;
    how.dtype = model.encoderType; // latents rounded to bfloat16 harm what is built on them
    model.encoder = std::move(models::loadAutoencoder(files.autoencoder, how).encoder);
    model.text = enhance::promptEmbedding(promptFile(runOf(request)), model.denoiser->traits());
    model.step = isDove(request.model) ? diffusion::doveStep() : diffusion::residualStep();
    model.greyHoles = request.task == jobs::Task::kInpaint;
    return std::make_unique<PublishedLesson>(
        request, std::move(model), request.perceptualWeight > 0 ? lpips : nullptr, control);
}

} // namespace reelmend::runner
