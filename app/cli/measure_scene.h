#pragma once
#include <memory>

#include <nlohmann/json_fwd.hpp>

#include "app/cli/measure_options.h"
#include "app/cli/svg_chart.h"
#include "core/base/control.h"
#include "core/chopgrad/sweep.h"

namespace reelmend::cli {

// What the measurements of one clip share: the networks, the clip (of --in, or seeded) and its loss.
struct MeasuredScene {
    MeasuredModel model;
    chopgrad::StepData data;
    std::unique_ptr<perceptual::FrameLoss> loss;
};

// Throws base::Error for options that do not fit together and files that do not hold what is needed.
MeasuredScene sceneFor(const MeasureOptions& options);

chopgrad::SweepOptions sweepOptions(const MeasureOptions& options, const base::Control& control);

// --chart: the drawing, and its name in the result.
void writeChart(const MeasureOptions& options, const Chart& chart, nlohmann::json& result);

} // namespace reelmend::cli
