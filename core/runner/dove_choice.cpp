#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/runner/dove_maker.h"
#include "core/runner/model_choice.h"

namespace reelmend::runner {

namespace {

constexpr std::uint64_t kLargestConfig = 1 << 20;

// The class that a JSON file names; empty where there is none.
std::string className(const std::filesystem::path& file)
{
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored) ||
        std::filesystem::file_size(file, ignored) > kLargestConfig) {
        return {};
    }
    const auto json = nlohmann::json::parse(base::readFile(file, kLargestConfig), nullptr, false);
    const bool named = json.is_object() && json.contains("_class_name") && json["_class_name"].is_string();
    return named ? json["_class_name"].get<std::string>() : std::string();
}

} // namespace

bool isDove(const std::string& model)
{
    if (!isPublishedModel(model)) {
        return false;
    }
    const std::filesystem::path folder = weightFile(model);
    return className(folder / "transformer" / "config.json").starts_with("CogVideoX") ||
           className(folder / "model_index.json").starts_with("CogVideoX");
}

} // namespace reelmend::runner
