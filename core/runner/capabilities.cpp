#include "core/runner/capabilities.h"

#include <string>

#include <nlohmann/json.hpp>

namespace reelmend::runner {

namespace {

constexpr jobs::Task kClassicalTasks[] = {jobs::Task::kUpscale, jobs::Task::kInpaint, jobs::Task::kRestore};

bool hasClassical(jobs::Task task)
{
    for (const jobs::Task known : kClassicalTasks) {
        if (known == task) {
            return true;
        }
    }
    return false;
}

} // namespace

nlohmann::json capabilities()
{
    nlohmann::json tasks = nlohmann::json::array();
    for (const jobs::Task task : kClassicalTasks) {
        tasks.push_back(jobs::taskName(task));
    }
    return {{"tasks", std::move(tasks)}, {"models", {"classical"}}, {"device", "cpu"}};
}

jobs::Problems unsupported(const jobs::EnhanceRequest& request)
{
    jobs::Problems problems;
    if (request.model != "classical") {
        problems.push_back({"model", "There is no model \"" + request.model + "\" here; there is classical."});
    } else if (!hasClassical(request.task)) {
        problems.push_back({"task", "The classical model can upscale, inpaint and restore."});
    }
    if (!request.mask.empty() && request.task != jobs::Task::kInpaint) {
        problems.push_back({"mask", "The classical model uses a mask for inpainting only."});
    }
    if (request.device.starts_with("cuda")) {
        problems.push_back({"device", "The classical model runs on the processor: choose auto or cpu."});
    }
    return problems;
}

} // namespace reelmend::runner
