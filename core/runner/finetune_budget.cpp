#include "core/runner/finetune_budget.h"

#include <c10/util/accumulate.h>

#include <algorithm>
#include <string>

#include "core/base/time.h"
#include "core/models/catalogue.h"
#include "core/plan/memory_plan.h"
#include "core/runner/finetune_settings.h"

namespace reelmend::runner {

double liteTrainingBytes(const jobs::FineTuneRequest& request, const models::LiteWeights& base, c10::Device device)
{
    constexpr std::int64_t kSmall = 32, kLarger = 64;
    train::LiteStudent student(base, studentOf(request, device), nullptr);
    train::BatchSettings settings = batchesOf(request, false);
    settings.clips = 1;
    settings.crop = kSmall;
    const auto small = static_cast<double>(train::measuredPassBytes(student, settings));
    settings.crop = kLarger;
    const auto larger = static_cast<double>(train::measuredPassBytes(student, settings));
    const auto pixels = [](std::int64_t clips, std::int64_t side) {
        return static_cast<double>(clips) * static_cast<double>(side) * static_cast<double>(side);
    };
    const double perPixel = (larger - small) / (pixels(1, kLarger) - pixels(1, kSmall));
    const auto weights = static_cast<double>(
        models::parameterBytes([&](const models::ParameterVisitor& v) { student.visitTrained(v); }));
    const double states = weights * (request.optimizer == jobs::Optimizer::kAdamW8 ? 0.6 : 2.0);
    const double averages = request.averaging > 0 ? weights : 0;
    const double pass = small + perPixel * (pixels(request.clips, request.size) - pixels(1, kSmall));
    return std::max(pass, small) + weights + states + averages;
}

PublishedTraining::PublishedTraining(
    const std::filesystem::path& transformer, const std::filesystem::path& autoencoder)
    : transformer_(models::describeModel(transformer).footprint)
    , autoencoder_(models::describeModel(autoencoder).footprint)
{
    const models::WeightStore store = models::WeightStore::open(transformer);
    for (const auto& [name, place] : store.places()) {
        weights_.push_back({name, place.tensor->shape});
    }
}

double PublishedTraining::bytes(const jobs::FineTuneRequest& request, c10::Device device) const
{
    const jobs::AdapterSettings& adapter = *request.adapter;
    const double element = usesBFloat16(request, device) ? 2 : 4;

    double adapted = 0, taught = 0; // elements
    const models::LoraSettings settings{adapter.rank, adapter.alpha, adapter.modules, {}};
    for (const Weight& weight : weights_) {
        if (const std::int64_t own = models::loraParameters(weight.name, weight.shape, settings); own > 0) {
            adapted += static_cast<double>(c10::multiply_integers(weight.shape));
            taught += static_cast<double>(own);
        }
    }
    const double perTaught = 8 + (request.optimizer == jobs::Optimizer::kAdamW8 ? 2 : 8) +
                             (request.averaging > 0 ? 4 : 0); // value and gradient, states, average
    const auto parametersOf = [](const auto& part) { return part ? static_cast<double>(part->parameters) : 0; };
    const double encoder = 4 * parametersOf(autoencoder_.encoder); // float32 everywhere
    const double decoder = element * parametersOf(autoencoder_.decoder) * (adapter.decoder ? 2 : 1);
    const double transformer = element * (parametersOf(transformer_.denoiser) + adapted);
    const bool takesTurns = request.offload && device.is_cuda();

    plan::PlanQuestion question;
    question.frames = request.frames;
    question.width = request.size * request.clips; // clips side by side: all counts are per latent cell
    question.height = request.size;
    question.schedule = scheduleOf(request);
    question.coupledLoss = true; // changes from frame to frame
    question.separateStore = device.is_cuda();
    double most = 0;
    if (autoencoder_.decoder) {
        plan::MemoryPlan plan(
            plan::estimateCosts(*autoencoder_.decoder, element, plan::OperatorChoice::kLean, adapter.decoder));
        if (transformer_.denoiser) {
            plan.setDenoiser(*transformer_.denoiser, element, 0, request.recompute);
        }
        const plan::MemoryPrediction prediction = plan.predict(question);
        for (std::size_t i = 0; i < plan::kPlanPhases; ++i) {
            const auto phase = static_cast<plan::PlanPhase>(i);
            const bool isDenoiser = phase == plan::PlanPhase::kDenoise || phase == plan::PlanPhase::kDenoiseGradient;
            const double activations = std::max(0.0, prediction.phaseBytes[i] - prediction.weightBytes);
            const double weights = !takesTurns ? encoder + decoder + transformer : isDenoiser ? transformer : decoder;
            most = std::max(most, prediction.phaseBytes[i] > 0 ? activations + weights : 0);
        }
    }
    return most + taught * perTaught;
}

void checkBudget(const jobs::FineTuneRequest& request, std::int64_t multiple, std::int64_t least,
    const std::function<double(const jobs::FineTuneRequest&)>& bytesOf)
{
    if (request.memory == 0) {
        return;
    }
    const auto budget = static_cast<double>(request.memory);
    const double needed = bytesOf(request);
    if (needed <= budget) {
        return;
    }
    jobs::FineTuneRequest smaller = request;
    smaller.clips = 1;
    double bytes = bytesOf(smaller);
    while (smaller.size > least && bytes > budget) {
        smaller.size = std::max(least, smaller.size * 3 / 4 / multiple * multiple);
        bytes = bytesOf(smaller);
    }
    const std::string settings =
        "clips 1 and size " + std::to_string(smaller.size) + " about " + base::bytesText(bytes) + " is needed.";
    throw jobs::RequestError("memory", "A step takes about " + base::bytesText(needed) + ". " +
                                           (bytes <= budget ? "With " : "Nothing fits: even with ") + settings);
}

} // namespace reelmend::runner
