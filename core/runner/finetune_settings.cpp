#include "core/runner/finetune_settings.h"

#include <algorithm>
#include <string>

#include "core/base/error.h"
#include "core/perceptual/loss_networks.h"
#include "core/runner/dove_maker.h"
#include "core/tensor/cuda_module.h"
#include "core/tensor/device.h"

namespace reelmend::runner {

namespace {

std::string identityOf(const jobs::FineTuneRequest& request)
{
    std::string text = std::string(jobs::optimizerName(request.optimizer)) + " over ";
    if (request.adapter) {
        text += "an adapter of rank " + std::to_string(request.adapter->rank);
    } else {
        text += "all weights";
    }
    return text + " for " + std::string(jobs::taskName(request.task));
}

// The request's terms by name, with their networks. Wrong ones are a matter of the request.
void addMoreTerms(const jobs::FineTuneRequest& request, c10::Device device, train::LossWeights& losses)
{
    if (request.losses.empty()) {
        return;
    }
    try {
        losses.more = perceptual::parseLosses(request.losses);
        perceptual::loadLossNetworks(losses.more, at::TensorOptions(device).dtype(at::kFloat), losses.networks);
        train::checkMoreTerms(losses, request.frames, request.size);
    } catch (const base::Error& error) {
        if (error.kind() != base::ErrorKind::kUsage) {
            throw; // a network's file
        }
        throw jobs::RequestError("losses", error.why() + (error.hint().empty() ? "" : " " + error.hint()));
    }
}

} // namespace

void checkLosses(const jobs::FineTuneRequest& request)
{
    train::LossWeights losses;
    addMoreTerms(request, c10::kCPU, losses);
}

c10::Device deviceOf(const jobs::FineTuneRequest& request, const std::optional<train::ParallelPlace>& place)
{
    const bool isAny = request.device == "auto" || request.device == "cuda";
    if (!place || !isAny) {
        return tensor::deviceFromText(request.device);
    }
    if (request.device == "auto" && tensor::cudaDeviceCount() < place->localSize) {
        return c10::Device(c10::kCPU); // in all processes alike
    }
    return tensor::deviceFromText("cuda:" + std::to_string(place->localRank));
}

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

plan::DistanceSchedule courseOf(const jobs::FineTuneRequest& request)
{
    if (request.distanceCourse.empty()) {
        const auto distance = static_cast<int>(request.truncationDistance);
        return {plan::DistanceSchedule::Kind::kFixed, distance, distance};
    }
    try {
        return plan::parseDistanceSchedule(request.distanceCourse);
    } catch (const base::Error& error) {
        throw jobs::RequestError("distanceCourse", error.message() + " " + error.hint());
    }
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
        schedule.distance = std::max(courseOf(request).first, courseOf(request).last);
        break;
    case jobs::GradientMode::kExact:
        schedule.mode = plan::GradientMode::kExact;
        break;
    case jobs::GradientMode::kFull:
        schedule.mode = plan::GradientMode::kFull;
        break;
    }
    schedule.tiles.rows = static_cast<int>(request.gridRows);
    schedule.tiles.columns = static_cast<int>(request.gridColumns);
    return schedule;
}

train::BatchSettings batchesOf(const jobs::FineTuneRequest& request, bool hasPairs)
{
    train::BatchSettings batches;
    batches.crop = request.size;
    batches.clips = request.clips;
    batches.frames = request.frames;
    batches.longShare = 0;
    batches.codecShare = hasPairs ? 1 : 0.5;
    batches.enlargement = isDove(request.model) ? train::Filter::kBilinear : train::Filter::kLanczos; // as they run
    batches.conditions.fill(0);
    batches.conditions[static_cast<std::size_t>(conditionOf(request))] = 1;
    return batches;
}

bool usesBFloat16(const jobs::FineTuneRequest& request, c10::Device device)
{
    const bool isQuick = device.is_cuda() || tensor::cpuFeatures().bf16; // elsewhere bfloat16 is emulated
    return request.precision == jobs::Precision::kBFloat16 ||
           (request.precision == jobs::Precision::kAuto && isQuick);
}

train::LiteStudentSettings studentOf(const jobs::FineTuneRequest& request, c10::Device device)
{
    train::LiteStudentSettings student;
    student.device = device;
    student.losses.charbonnier = request.pixelWeight;
    student.losses.frameDifference = request.flickerWeight;
    student.losses.perceptual = request.perceptualWeight;
    addMoreTerms(request, device, student.losses);
    student.gradient = scheduleOf(request);
    student.bfloat16 = usesBFloat16(request, device);
    student.recompute = request.recompute;
    student.seed = static_cast<std::uint64_t>(request.seed);
    if (request.adapter) {
        models::LoraSettings adapter{request.adapter->rank, request.adapter->alpha, request.adapter->modules, {}};
        if (!request.adapter->decoder) {
            adapter.leftOut = {"decoder"};
        }
        student.adapter = std::move(adapter);
    }
    return student;
}

train::TeacherSettings teacherOf(const jobs::FineTuneRequest& request, c10::Device device)
{
    train::TeacherSettings teacher;
    teacher.device = device;
    teacher.optimizer.beta1 = request.beta1;
    teacher.optimizer.beta2 = request.beta2;
    teacher.optimizer.weightDecay = request.weightDecay;
    teacher.optimizer.clip = request.clip;
    teacher.optimizer.emaDecay = request.averaging;
    teacher.eightBit = request.optimizer == jobs::Optimizer::kAdamW8;
    teacher.rate = {request.learningRate, request.warmUp, request.steps, request.rate == jobs::RateShape::kCosine};
    if (request.gradient == jobs::GradientMode::kChop) {
        teacher.distance = courseOf(request);
    }
    teacher.microBatches = request.accumulation;
    teacher.seed = static_cast<std::uint64_t>(request.seed);
    teacher.identity = identityOf(request);
    return teacher;
}

} // namespace reelmend::runner
