#pragma once
#include <filesystem>
#include <string>

#include "core/jobs/enhance_request.h"

// Which models are here. Names: "classical", "lite" (the bundled weights), or the path of a weight file or of a
// published model's folder.
namespace reelmend::runner {

// The weight file or folder that a model name stands for: empty for "classical", and for "lite" where it did not come
// along.
std::filesystem::path weightFile(const std::string& model);
// Whether the name is that of a folder: of a published model, used in one step.
bool isPublishedModel(const std::string& model);
// Changes when the weights of a model do: see fingerprint().
std::string weightFingerprint(const std::string& model);

bool hasLiteEngine(); // false in a program that was built without LibTorch
bool hasLite();       // the engine and the bundled weights
// Why lite cannot run here, as a plain sentence; empty when it can.
std::string liteProblem();

// What "auto" means for a task on this machine.
std::string defaultModel(jobs::Task task);

// `request` with "auto" replaced by a model's name.
jobs::EnhanceRequest resolved(jobs::EnhanceRequest request);

// Refuses a weight file that is no lite network, by its header. Throws Error(kInput).
void checkWeights(const std::filesystem::path& file);

} // namespace reelmend::runner
