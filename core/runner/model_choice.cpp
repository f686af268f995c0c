#include "core/runner/model_choice.h"

#include <utility>

#include "core/base/files.h"
#include "core/base/resources.h"
#include "core/runner/file_fingerprint.h"

namespace reelmend::runner {

std::filesystem::path weightFile(const std::string& model)
{
    if (model == "lite") {
        return base::resourceFile("models/lite.safetensors");
    }
    return model == "classical" ? std::filesystem::path() : base::pathFromText(model);
}

bool isPublishedModel(const std::string& model)
{
    std::error_code ignored;
    return model.starts_with('/') && std::filesystem::is_directory(weightFile(model), ignored);
}

std::string weightFingerprint(const std::string& model)
{
    const std::filesystem::path path = weightFile(model);
    if (!isPublishedModel(model)) {
        return fingerprint(path);
    }
    return fingerprint(path) + ", " + fingerprint(path / "transformer") + ", " + fingerprint(path / "vae");
}

bool hasLite()
{
    return liteProblem().empty();
}

std::string liteProblem()
{
    if (!hasLiteEngine()) {
        return "The lite model needs LibTorch, which this program was built without.";
    }
    if (weightFile("lite").empty()) {
        return "The lite model's weights (resources/models/lite.safetensors) are not installed.";
    }
    return {};
}

std::string defaultModel(jobs::Task task)
{
    const bool onlyLite = task == jobs::Task::kRepair || task == jobs::Task::kHarmonise;
    return onlyLite || hasLite() ? "lite" : "classical";
}

jobs::EnhanceRequest resolved(jobs::EnhanceRequest request)
{
    if (request.model == "auto") {
        request.model = defaultModel(request.task);
    }
    return request;
}

} // namespace reelmend::runner
