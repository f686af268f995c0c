#include <ATen/ATen.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "app/cli/measure.h"
#include "app/cli/measure_scene.h"
#include "app/cli/stop_signals.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/chopgrad/measure_influence.h"
#include "core/chopgrad/training_step.h"
#include "core/models/safetensors.h"

namespace reelmend::cli {

namespace {

nlohmann::json errorRow(const chopgrad::TruncationError& error, const char* with)
{
    return {{"measure", "gradient"}, {"wrt", with}, {"distance", error.distance}, {"norm", error.norm},
        {"norm_ratio", error.normRatio}, {"cosine", error.cosine}, {"relative_error", error.relativeError},
        {"absolute_error", error.absoluteError}, {"mean_absolute_error", error.meanAbsoluteError}};
}

std::string errorText(const chopgrad::TruncationError& error, const char* with)
{
    char text[160];
    std::snprintf(text, sizeof text, "D = %d, %s: error %.3g %%, norm ratio %.4f, cosine %.6f", error.distance, with,
        100 * error.relativeError, error.normRatio, error.cosine);
    return text;
}

// What --out stores: "gradient", at the latents, and those of trained weights by name. With a denoiser its weights'
// gradients and "latents", what it made.
struct WrittenGradient {
    models::NamedTensors tensors;
    double loss = 0;
    std::vector<perceptual::LossTermValue> terms;
    chopgrad::SweepCounts counts;
    std::string note;

    double norm() const // of "gradient", or of all weights'
    {
        double sum = 0;
        const bool hasLatents = tensors.front().first == "gradient";
        for (const auto& [name, tensor] : tensors) {
            const bool isPart = hasLatents ? name == "gradient" : name != "latents";
            sum += isPart ? tensor.to(at::kDouble).square().sum().item<double>() : 0;
        }
        return std::sqrt(sum);
    }
};

at::Tensor stored(const at::Tensor& tensor)
{
    return tensor.to(at::kCPU).contiguous();
}

WrittenGradient gradientOf(MeasuredScene& scene, const plan::GradientSchedule& schedule,
    const MeasureOptions& options, const base::Control& control)
{
    WrittenGradient written;
    if (!scene.model.denoiser) {
        auto found = chopgrad::sweep(
            *scene.model.decoder, scene.data.clip, *scene.loss, schedule, sweepOptions(options, control));
        written.tensors = {{"gradient", stored(found.latents)}};
        for (const auto& parameter : found.parameters) {
            written.tensors.emplace_back(parameter.name, stored(parameter.gradient));
        }
        written.loss = found.loss;
        written.terms = std::move(found.terms);
        written.counts = found.counts;
        written.note = std::move(found.note);
        return written;
    }
    models::Denoiser& denoiser = *scene.model.denoiser;
    chopgrad::TrainingStepOptions how;
    how.schedule = schedule;
    how.sweep = sweepOptions(options, control);
    how.skips = scene.data.clip.skips;
    auto found = chopgrad::runTrainingStep(
        chopgrad::denoising(denoiser, scene.model.decoder->traits(), scene.data.clip.latents, options.seed),
        chopgrad::trainedWeights(denoiser), *scene.model.decoder, *scene.loss, how);
    written.tensors = {{"latents", stored(found.latents)}};
    std::size_t next = 0;
    denoiser.visit([&](const std::string& name, at::Tensor& weight, at::IntArrayRef) {
        const at::Tensor& gradient = found.gradients[next++];
        written.tensors.emplace_back(name, stored(gradient.defined() ? gradient : at::zeros_like(weight.detach())));
    });
    written.loss = found.loss;
    written.terms = std::move(found.terms);
    written.counts = found.counts;
    written.note = std::move(found.note);
    return written;
}

// --out: one gradient into a file.
int writeGradient(Output& output, const MeasureOptions& options)
{
    base::Control control;
    const StopSignals signals(control);
    const RunMeter meter;
    Rows rows(output, options);
    const auto schedule = options.onlySchedule();
    MeasuredScene scene = sceneFor(options);
    const double start = base::monotonicSeconds();
    const WrittenGradient gradient = gradientOf(scene, schedule, options, control);
    const double seconds = base::monotonicSeconds() - start;
    models::writeSafetensors(base::pathFromText(options.out), gradient.tensors,
        {{"schedule", plan::scheduleText(schedule)}, {"loss", options.loss}});
    nlohmann::json result = {{"result", "gradient"}, {"out", options.out}, {"model", scene.model.name},
        {"wrt", options.with}, {"schedule", plan::scheduleText(schedule)}, {"loss", gradient.loss},
        {"compute_seconds", seconds}, {"gradient_norm", gradient.norm()}, {"forwards", gradient.counts.forwards},
        {"backwards", gradient.counts.backwards}};
    for (const auto& term : gradient.terms) {
        result["terms"][term.name] = term.value;
    }
    if (!gradient.note.empty()) {
        result["note"] = gradient.note;
    }
    meter.addTo(result, scene.model.options.device());
    rows.finish(result, "Wrote " + options.out + " (" + plan::scheduleText(schedule) + ", loss " +
                            result["loss"].dump() + ")." + (gradient.note.empty() ? "" : " " + gradient.note));
    return 0;
}

} // namespace

int measureGradient(Output& output, const MeasureOptions& options)
{
    if (!options.out.empty()) {
        return writeGradient(output, options);
    }
    base::Control control;
    const StopSignals signals(control);
    Rows rows(output, options);
    chopgrad::InfluenceOptions how;
    how.compared = options.distanceList();
    how.leastMemory = options.forms == "recomputing";
    how.sweep = sweepOptions(options, control);
    MeasuredScene scene = sceneFor(options);
    if (scene.model.denoiser) {
        how.denoise = chopgrad::denoising(
            *scene.model.denoiser, scene.model.decoder->traits(), scene.data.clip.latents, options.seed);
        how.weights = chopgrad::trainedWeights(*scene.model.denoiser);
    }
    const double start = base::monotonicSeconds();
    const auto measure = chopgrad::measureInfluence(*scene.model.decoder, scene.data.clip, *scene.loss, how);
    Chart chart{
        "Error of the truncated gradient, " + scene.model.name, "truncation distance D", "relative error", true, {}};
    const auto tell = [&](const std::vector<chopgrad::TruncationError>& errors, const char* with) {
        ChartLine line{with, {}};
        for (const auto& error : errors) {
            rows.add(errorRow(error, with), errorText(error, with));
            line.points.emplace_back(error.distance, error.relativeError);
        }
        if (!errors.empty()) {
            chart.lines.push_back(std::move(line));
        }
    };
    tell(measure.latents, "latent");
    tell(measure.parameters, "decoder");
    tell(measure.denoiser, "denoiser");
    nlohmann::json result = {{"result", "gradient"}, {"model", scene.model.name},
        {"random_weights", scene.model.isRandom}, {"groups", measure.groups}, {"loss", measure.loss},
        {"forwards", measure.counts.forwards}, {"backwards", measure.counts.backwards},
        {"compute_seconds", base::monotonicSeconds() - start}};
    writeChart(options, chart, result);
    rows.finish(result, options.chart.empty() ? "" : "Wrote " + options.chart + ".");
    return 0;
}

} // namespace reelmend::cli
