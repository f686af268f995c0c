#include "core/runner/finetune_run.h"

#include <sys/resource.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/resources.h"
#include "core/models/lite_file.h"
#include "core/models/lite_forward.h"
#include "core/models/safetensors.h"
#include "core/runner/finetune_data.h"
#include "core/runner/model_choice.h"
#include "core/tensor/device.h"
#include "core/train/trainer.h"

namespace reelmend::runner {

namespace fs = std::filesystem;

namespace {

constexpr double kPackBytes = 768e6; // of footage in memory while it is packed, and on the disk
constexpr double kCheckpointBytes = 60e6;

models::LiteCondition conditionOf(const jobs::FineTuneRequest& request)
{
    switch (request.task) {
    case jobs::Task::kUpscale:
        return request.scale == 2 ? models::LiteCondition::kUpscale2 : models::LiteCondition::kUpscale4;
    case jobs::Task::kInpaint:
        return models::LiteCondition::kInpaint;
    case jobs::Task::kRepair:
        return models::LiteCondition::kRepair;
    case jobs::Task::kHarmonise:
        return models::LiteCondition::kHarmonise;
    case jobs::Task::kRestore:
        break;
    }
    return models::LiteCondition::kRestore;
}

plan::GradientSchedule scheduleOf(const jobs::FineTuneRequest& request)
{
    plan::GradientSchedule schedule;
    switch (request.gradient) {
    case jobs::GradientMode::kLatentOnly:
        schedule.mode = plan::GradientMode::kLatentOnly;
        break;
    case jobs::GradientMode::kChop:
        schedule.mode = plan::GradientMode::kChop;
        schedule.distance = static_cast<int>(request.truncationDistance);
        break;
    case jobs::GradientMode::kExact:
        schedule.mode = plan::GradientMode::kExact;
        break;
    case jobs::GradientMode::kFull:
        schedule.mode = plan::GradientMode::kFull;
        break;
    }
    return schedule;
}

train::LiteTraining trainingOf(const jobs::FineTuneRequest& request, bool hasPairs)
{
    train::LiteTraining training;
    training.network = models::detectLite(models::SafetensorsFile(weightFile(request.model)));
    training.batch.crop = request.size;
    training.batch.clips = request.clips;
    training.batch.frames = request.frames;
    training.batch.longShare = 0;
    training.batch.codecShare = hasPairs ? 1 : 0.75;
    training.batch.conditions.fill(0);
    training.batch.conditions[static_cast<std::size_t>(conditionOf(request))] = 1;
    training.losses.perceptual = request.perceptualWeight;
    training.optimizer.clip = request.clip;
    training.optimizer.emaDecay = request.averaging;
    training.microBatches = request.accumulation;
    training.learningRate = request.learningRate;
    training.warmUpSteps = request.warmUp;
    training.steps = request.steps;
    training.seed = static_cast<std::uint64_t>(request.seed);
    training.gradient = scheduleOf(request);
    training.bfloat16 = tensor::cpuFeatures().bf16;
    training.checkpointMinutes = 2;
    return training;
}

// Mean PSNR of what is given and of what the network makes of it, over batches that are always the same.
jobs::ValidationEvent validated(const models::LiteWeights& weights, const train::ClipPack& pack,
    train::BatchSettings settings, std::int64_t step, const base::Control& control)
{
    const at::NoGradGuard noGrad;
    constexpr std::uint64_t kSeed = 424242;
    constexpr int kBatches = 6;
    settings.plainShare = 1;
    jobs::ValidationEvent event{step, 0, 0};
    for (int i = 0; i < kBatches; ++i) {
        control.checkpoint();
        const train::Batch batch = train::drawBatch(pack, settings, kSeed, static_cast<std::uint64_t>(i), 0);
        const models::LiteWeights folded = models::folded(weights, batch.conditions.front(), 0, at::kFloat);
        models::lite::PassCache cache;
        std::vector<at::Tensor> parts;
        const auto sizes = batch.input.sizes();
        for (std::int64_t first = 0; first < sizes[1];) {
            const std::int64_t count = first == 0 ? 1 : models::kLiteGroupFrames;
            const at::Tensor input = batch.input.narrow(1, first, count)
                                         .reshape({sizes[0] * count, sizes[2], sizes[3], sizes[4]})
                                         .contiguous(at::MemoryFormat::ChannelsLast);
            parts.push_back(
                models::lite::pass(folded, input, count, cache).view({sizes[0], count, 3, sizes[3], sizes[4]}));
            first += count;
        }
        const at::Tensor weight = batch.weight / batch.weight.mean();
        const auto psnr = [&](const at::Tensor& picture) {
            const double error = ((picture.clamp(-1, 1) - batch.target).square() * weight).mean().item<double>() / 4;
            return -10 * std::log10(std::max(error, 1e-9));
        };
        event.psnrBefore += psnr(batch.input.narrow(2, 0, 3)) / kBatches;
        event.psnr += psnr(at::cat(parts, 1)) / kBatches;
    }
    return event;
}

perceptual::Lpips loadLpips()
{
    const fs::path path = base::resourceFile("perceptual/lpips_squeeze_v0.1.safetensors");
    if (path.empty()) {
        throw base::Error(base::ErrorKind::kUnavailable, "The perceptual loss cannot be computed.",
            "Its weights (resources/perceptual/lpips_squeeze_v0.1.safetensors) are not installed.",
            "Install them, or set perceptualWeight to 0.");
    }
    perceptual::Lpips lpips;
    const models::SafetensorsFile file(path);
    lpips.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        const models::StoredTensor* stored = file.find(name);
        if (!stored) {
            throw base::Error(base::ErrorKind::kInput, "The perceptual loss's weights cannot be used.",
                "The tensor " + name + " is missing.", "Install the program again.");
        }
        tensor = file.read(*stored, {});
    });
    return lpips;
}

std::int64_t peakBytes()
{
    struct rusage usage = {};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

void checkDisk(const fs::path& folder, double bytes, const char* what)
{
    const auto free = static_cast<double>(base::freeDiskBytes(folder));
    if (free < bytes) {
        throw base::Error(base::ErrorKind::kDiskFull,
            std::string("There is no room for ") + what + " in \"" + base::pathText(folder) + "\".",
            "About " + base::bytesText(bytes) + " is needed, and " + base::bytesText(free) + " is free.",
            "Free some space, or choose a folder on another disk.");
    }
}

} // namespace

void checkFineTune(const jobs::FineTuneRequest& request, const base::Control* control)
{
    if (jobs::Problems problems = request.validate(); !problems.empty()) {
        throw jobs::RequestError(std::move(problems));
    }
    if (weightFile(request.model).empty()) {
        throw jobs::RequestError("model", liteProblem());
    }
    checkWeights(weightFile(request.model));
    if (const std::string problem = scheduleOf(request).problem(); !problem.empty()) {
        throw jobs::RequestError("gradient", problem);
    }
    std::error_code code;
    const fs::path output = base::pathFromText(request.output);
    if (!request.overwrite && fs::exists(output, code)) {
        throw jobs::RequestError(
            "output", "There is already a file of that name. Choose another name, or overwrite.");
    }
    if (!fs::is_directory(fs::absolute(output).parent_path(), code)) {
        throw base::Error(base::ErrorKind::kOutput, "\"" + request.output + "\" cannot be written.",
            "Its folder does not exist.", "Choose another folder.");
    }
    const TeachingData data = findTeachingData(request.data, request.frames, control);
    for (const fs::path& pack : data.packs) {
        train::ClipPack{pack};
    }
}

EnhanceResult runFineTune(const jobs::FineTuneRequest& request, const RunContext& context)
{
    context.control.checkpoint();
    context.journal.tryWrite(jobs::ProgressEvent{"preparing", 0, request.steps, 0, {}});
    checkFineTune(request, &context.control);
    tensor::setThreads(0);
    const fs::path folder = context.job.path();
    checkDisk(folder, kPackBytes / 4 + 2 * kCheckpointBytes, "the footage and the checkpoints");
    checkDisk(fs::absolute(base::pathFromText(request.output)).parent_path(), kCheckpointBytes, "the result");
    const auto log = [&](base::LogLevel level, std::string_view text) {
        context.journal.log(level, std::string(text));
    };
    const TeachingData data = findTeachingData(request.data, request.frames, &context.control);
    const PackedData packed =
        packTeachingData(data, request.frames, request.size, folder, kPackBytes, context.control, log);
    const train::ClipPack pack(packed.training);
    std::optional<train::ClipPack> apart;
    if (!packed.validation.empty()) {
        apart.emplace(packed.validation);
    }
    const bool hasPairs = !data.clips.empty() && !data.clips.front().degraded.empty();
    const train::LiteTraining training = trainingOf(request, hasPairs);
    std::optional<perceptual::Lpips> lpips;
    if (request.perceptualWeight > 0) {
        lpips = loadLpips();
    }
    train::LiteTrainer trainer(training, pack, lpips ? &*lpips : nullptr);
    const fs::path checkpoint = folder / "checkpoint.safetensors";
    std::error_code code;
    if (fs::exists(checkpoint, code)) {
        trainer.load(checkpoint);
        log(base::LogLevel::kInfo, "Going on after step " + std::to_string(trainer.step()) + ".");
    } else {
        trainer.loadWeights(weightFile(request.model));
    }
    const std::int64_t begun = trainer.step();
    const auto validate = [&] {
        context.journal.tryWrite(
            validated(trainer.averaged(), apart ? *apart : pack, training.batch, trainer.step(), context.control));
    };
    if (begun == 0 && request.validateEvery > 0) {
        validate();
    }
    trainer.run(folder, context.control, log, [&](const train::StepRecord& r) {
        jobs::StepEvent event;
        event.step = r.step + 1;
        event.steps = request.steps;
        event.loss = r.loss;
        event.charbonnier = r.charbonnier;
        event.frameDifference = r.frameDifference;
        event.perceptual = r.perceptual;
        event.gradientNorm = r.gradientNorm;
        event.learningRate = r.learningRate;
        event.seconds = r.seconds;
        event.dataWait = r.dataWait;
        event.peakBytes = peakBytes();
        event.isRejected = r.rejected;
        context.journal.tryWrite(event);
        if (request.validateEvery > 0 && event.step % request.validateEvery == 0) {
            validate();
        }
        return request.minutes > 0 && context.workSeconds() > request.minutes * 60;
    });
    models::LiteWeights result = trainer.averaged();
    const fs::path output = base::pathFromText(request.output);
    models::saveLite(output, result, at::kBFloat16,
        {{"task", std::string(jobs::taskName(request.task))}, {"steps", std::to_string(trainer.step())}});
    return {base::pathText(output), trainer.step(), trainer.step() - begun};
}

} // namespace reelmend::runner
