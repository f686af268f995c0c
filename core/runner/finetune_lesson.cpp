#include "core/runner/finetune_lesson.h"

#include <utility>

#include "core/base/files.h"
#include "core/models/lite_file.h"
#include "core/models/lora_file.h"
#include "core/runner/finetune_budget.h"
#include "core/runner/finetune_settings.h"
#include "core/runner/model_choice.h"
#include "core/train/checkpoint_shelf.h"
#include "core/train/lite_student.h"

namespace reelmend::runner {

namespace fs = std::filesystem;

namespace {

// The whole network is the result; with an adapter also that, beside it.
class LiteLesson final : public Lesson {
public:
    LiteLesson(const jobs::FineTuneRequest& request, c10::Device device, const perceptual::Lpips* lpips)
        : request_(request)
        , student_(models::loadLite(weightFile(request.model)), studentOf(request, device),
              request.perceptualWeight > 0 ? lpips : nullptr)
    {}

    train::Student& student() override { return student_; }

    void write(
        const train::Student::Values& values, const std::map<std::string, std::string>& metadata) const override
    {
        if (const auto adapter = student_.adapter(values)) {
            models::writeLora(besideOutput(request_, "lora"), *adapter,
                *models::loraDialectFromName(request_.adapter->names), metadata);
        }
        models::LiteWeights weights = student_.weights(values);
        models::saveLite(base::pathFromText(request_.output), weights, at::kBFloat16, metadata);
    }

private:
    jobs::FineTuneRequest request_;
    train::LiteStudent student_;
};

} // namespace

void checkLesson(const jobs::FineTuneRequest& request, c10::Device device)
{
    checkLosses(request);
    if (isPublishedModel(request.model)) {
        checkPublishedLesson(request, device);
        return;
    }
    if (weightFile(request.model).empty()) {
        throw jobs::RequestError("model", liteProblem());
    }
    if (!request.promptEmbedding.empty()) {
        throw jobs::RequestError("promptEmbedding", "Only published models are told by text what to do.");
    }
    checkWeights(weightFile(request.model));
    if (request.memory > 0) {
        const models::LiteWeights base = models::loadLite(weightFile(request.model));
        checkBudget(request, 8, 32,
            [&](const jobs::FineTuneRequest& asked) { return liteTrainingBytes(asked, base, device); });
    }
}

std::unique_ptr<Lesson> openLesson(const jobs::FineTuneRequest& request, c10::Device device,
    const perceptual::Lpips* lpips, const base::Control* control)
{
    if (isPublishedModel(request.model)) {
        return openPublishedLesson(request, device, lpips, control);
    }
    return std::make_unique<LiteLesson>(request, device, lpips);
}

double checkpointBytes(const jobs::FineTuneRequest& request, train::Student& student)
{
    const auto count = static_cast<double>(
        models::countParameters([&](const models::ParameterVisitor& v) { student.visitTrained(v); }));
    const double states = request.optimizer == jobs::Optimizer::kAdamW8 ? 2.1 : 8;
    return train::CheckpointShelf::bytesNeeded(
        count * (4 + states + (request.averaging > 0 ? 4 : 0)), request.keepCheckpoints);
}

fs::path besideOutput(const jobs::FineTuneRequest& request, const char* suffix)
{
    fs::path path = base::pathFromText(request.output);
    return path.replace_extension(std::string(".") + suffix + ".safetensors");
}

} // namespace reelmend::runner
