#include "core/runner/capabilities.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/runner/dove_maker.h"
#include "core/runner/model_choice.h"

namespace reelmend::runner {

namespace {

// What the bundled weights do; docs/model-card.md says how well.
constexpr jobs::Task kLiteTasks[] = {
    jobs::Task::kUpscale, jobs::Task::kInpaint, jobs::Task::kRestore, jobs::Task::kRepair, jobs::Task::kHarmonise};
constexpr jobs::Task kClassicalTasks[] = {jobs::Task::kUpscale, jobs::Task::kInpaint, jobs::Task::kRestore};

bool hasClassical(jobs::Task task)
{
    return std::find(std::begin(kClassicalTasks), std::end(kClassicalTasks), task) != std::end(kClassicalTasks);
}

std::vector<std::string_view> namesOf(std::span<const jobs::Task> tasks)
{
    std::vector<std::string_view> names;
    for (const jobs::Task task : tasks) {
        names.push_back(jobs::taskName(task));
    }
    return names;
}

// What DOVE does: see enhance::DoveEnhancer.
void addDoveProblems(const jobs::EnhanceRequest& request, jobs::Problems& problems)
{
    if (request.task != jobs::Task::kUpscale) {
        problems.push_back({"task", "This published model enlarges and does nothing else."});
    }
    if (request.detail) {
        problems.push_back({"detail", "A published model has no such dial."});
    }
}

// What the recipes for Wan2.1 and VACE do: see enhance::OneStepEnhancer.
void addPublishedProblems(const jobs::EnhanceRequest& request, jobs::Problems& problems)
{
    if (isDove(request.model)) {
        return addDoveProblems(request, problems);
    }
    if (request.task == jobs::Task::kUpscale || request.task == jobs::Task::kRestore) {
        problems.push_back({"task", "A published model can inpaint, repair and harmonise."});
    }
    if (request.steps == 1 && !request.references.empty()) {
        problems.push_back({"references", "Reference pictures take several steps."});
    }
    if (request.promptEmbedding.empty()) {
        problems.push_back({"promptEmbedding", "A published model needs a file with the embedding of its prompt."});
    }
    if (request.detail) {
        problems.push_back({"detail", "A published model has no such dial."});
    }
}

} // namespace

nlohmann::json capabilities()
{
    const bool isThere = hasLite();
    nlohmann::json models = nlohmann::json::array();
    nlohmann::json byModel = {{"classical", namesOf(kClassicalTasks)}};
    if (isThere) {
        models.push_back("lite");
        byModel["lite"] = namesOf(kLiteTasks);
    }
    models.push_back("classical");
    return {{"tasks", isThere ? namesOf(kLiteTasks) : namesOf(kClassicalTasks)}, {"models", std::move(models)},
        {"model_tasks", std::move(byModel)}, {"dials", {{"lite", {"detail"}}}}, {"device", "cpu"}};
}

jobs::Problems unsupported(const jobs::EnhanceRequest& asked)
{
    const jobs::EnhanceRequest request = resolved(asked);
    jobs::Problems problems;
    if (request.model == "classical") {
        if (!hasClassical(request.task)) {
            problems.push_back({"task", "The classical model can upscale, inpaint and restore."});
        }
        if (!request.mask.empty() && request.task != jobs::Task::kInpaint) {
            problems.push_back({"mask", "The classical model uses a mask for inpainting only."});
        }
        if (request.detail) {
            problems.push_back({"detail", "The classical model has no such dial."});
        }
        if (!request.adapters.empty()) {
            problems.push_back({"adapters", "The classical model has no weights that an adapter could change."});
        }
        if (request.device.starts_with("cuda")) {
            problems.push_back({"device", "The classical model runs on the processor: choose auto or cpu."});
        }
    } else if (request.model == "lite") {
        if (const std::string why = liteProblem(); !why.empty()) {
            problems.push_back({"model", why});
        }
    } else if (isPublishedModel(request.model)) {
        addPublishedProblems(request, problems);
    } else if (!request.model.ends_with(".safetensors")) {
        problems.push_back({"model", "There is no model \"" + request.model +
                                         "\" here; there are lite, classical, files of weights, and folders of "
                                         "published models."});
    }
    if (request.steps > 1 && (isDove(request.model) || !isPublishedModel(request.model))) {
        problems.push_back({"steps", "This model works in one step; VACE can take several."});
    }
    if (!request.promptEmbedding.empty() && !isPublishedModel(request.model)) {
        problems.push_back({"promptEmbedding", "Only published models are told by text what to do."});
    }
    return problems;
}

} // namespace reelmend::runner
