#pragma once
#include <cstdint>
#include <filesystem>

#include "core/jobs/event.h"
#include "core/train/validation.h"

namespace reelmend::runner {

// Writes what a validation saw to `folder`/step-NNNNNNNN: of every clip NN-given.png, NN-result.png, NN-target.png,
// NN-difference.png (of the middle frame; the difference four times as strong) and NN-slice.png (one row over time:
// given, result, target), and sheet.png with all of them. Of earlier steps the sheets alone are kept. Returns the
// step's folder. Throws Error(kOutput or kDiskFull).
std::filesystem::path writeValidation(
    const std::filesystem::path& folder, std::int64_t step, const train::Validation& validation);

jobs::ValidationEvent eventOf(std::int64_t step, const train::Validation& validation);

} // namespace reelmend::runner
