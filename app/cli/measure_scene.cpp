#include "app/cli/measure_scene.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "app/cli/measure.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/safetensors.h"
#include "core/perceptual/loss_networks.h"
#include "core/perceptual/losses.h"
#include "core/perceptual/lpips.h"

namespace reelmend::cli {

namespace {

at::Tensor read(const models::SafetensorsFile& file, const char* name, const at::TensorOptions& options)
{
    const auto* stored = file.find(name);
    if (!stored || stored->shape.size() != 5) {
        throw base::Error(base::ErrorKind::kInput,
            "\"" + base::pathText(file.path().filename()) + "\" does not hold what is to be measured.",
            stored ? "Its tensor \"" + std::string(name) + "\" is not [batch, channels, time, height, width]."
                   : "It has no tensor \"" + std::string(name) + "\".",
            "Give z (latents) and target (frames in [-1, 1]).");
    }
    models::ReadOptions how;
    how.options = options;
    return file.read(*stored, how);
}

// The clip and its target: of a file, or seeded.
chopgrad::StepData dataFor(const MeasuredModel& model, const MeasureOptions& options)
{
    if (!options.in.empty()) {
        const models::SafetensorsFile file(base::pathFromText(options.in));
        chopgrad::ClipLatents clip{read(file, "z", model.options), {}, {}};
        models::ReadOptions how;
        how.options = model.options;
        clip.skips = storedSkips(file, *model.decoder, clip.latents.size(2), how);
        return {std::move(clip), read(file, "target", model.options)};
    }
    const auto cases = options.cases();
    chopgrad::StepCase step = cases.front();
    if (splitList(options.frames).size() > 1 || splitList(options.sizes).size() > 1) {
        throw base::Error(base::ErrorKind::kUsage, "One clip at a time is measured here.",
            "Several frame counts or sizes were given.", "Give one of each.");
    }
    return chopgrad::stepData(model.networks(), step, model.options);
}

// The target; of a file also its mask [1, 1, 1 or time, height, width], the flow between its frames [time - 1, 2,
// height, width] and where that holds [time - 1, 1, height, width], where they are there.
perceptual::LossTarget lossTarget(const MeasuredScene& scene, const MeasureOptions& options)
{
    perceptual::LossTarget target{scene.data.target, {}, {}, {}};
    if (!options.in.empty()) {
        const models::SafetensorsFile file(base::pathFromText(options.in));
        models::ReadOptions how;
        how.options = scene.model.options;
        for (const auto& [name, place] : {std::pair("mask", &target.mask), std::pair("flow", &target.flow),
                 std::pair("flow_holds", &target.flowHolds)}) {
            if (const auto* stored = file.find(name)) {
                *place = file.read(*stored, how);
            }
        }
    }
    return target;
}

} // namespace

MeasuredScene sceneFor(const MeasureOptions& options)
{
    const auto terms = perceptual::parseLosses(options.loss);
    const auto variables = options.variables();
    MeasuredScene scene{openMeasured(options.model, options.engine, variables, options.denoiser), {}, nullptr};
    scene.data = dataFor(scene.model, options);
    scene.loss = perceptual::makeLoss(terms, lossTarget(scene, options), lossOptions(options, scene.model.options));
    scene.model.decoder->setOperators(
        options.operators == "stock" ? models::OperatorSet::kStock : models::OperatorSet::kLean);
    models::setRequiresGrad([&](const models::ParameterVisitor& visitor) { scene.model.decoder->visit(visitor); },
        variables == chopgrad::Variables::kDecoder);
    return scene;
}

chopgrad::SweepOptions sweepOptions(const MeasureOptions& options, const base::Control& control)
{
    chopgrad::SweepOptions sweep;
    sweep.control = &control;
    sweep.diskFolder = base::pathFromText(options.folder);
    return sweep;
}

void writeChart(const MeasureOptions& options, const Chart& chart, nlohmann::json& result)
{
    if (!options.chart.empty()) {
        base::writeFileAtomically(base::pathFromText(options.chart), svgText(chart));
        result["chart"] = options.chart;
    }
}

perceptual::LossOptions lossOptions(const MeasureOptions& options, const at::TensorOptions& tensors)
{
    perceptual::LossOptions how;
    how.seed = options.seed;
    if (!options.lpips.empty()) {
        how.distance = perceptual::lpipsDistance(perceptual::loadLpips(base::pathFromText(options.lpips), tensors));
    }
    perceptual::loadLossNetworks(perceptual::parseLosses(options.loss), tensors, how);
    return how;
}

} // namespace reelmend::cli
