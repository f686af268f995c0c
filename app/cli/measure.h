#pragma once
#include "app/cli/measure_options.h"
#include "core/perceptual/losses.h"

namespace reelmend::cli {

// What `measure` does, one function per kind; each throws base::Error and base::Cancelled and returns the exit code.
int measureMemory(Output& output, const MeasureOptions& options);
int measureGradient(Output& output, const MeasureOptions& options);
int measureInfluence(Output& output, const MeasureOptions& options);
int measureLocality(Output& output, const MeasureOptions& options);

// The weights of LPIPS for a loss that names it: `options.lpips`, or those that come with the program.
perceptual::LossOptions lossOptions(const MeasureOptions& options, const at::TensorOptions& tensors);

} // namespace reelmend::cli
