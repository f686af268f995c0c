#include <ATen/ATen.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "app/cli/measure.h"
#include "app/cli/stop_signals.h"
#include "app/cli/svg_chart.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/chopgrad/measure_influence.h"
#include "core/models/safetensors.h"
#include "core/perceptual/loss_networks.h"
#include "core/perceptual/losses.h"
#include "core/perceptual/lpips.h"
#include "core/plan/influence.h"

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
chopgrad::StepData dataFor(const MeasuredDecoder& model, const MeasureOptions& options)
{
    if (!options.in.empty()) {
        const models::SafetensorsFile file(base::pathFromText(options.in));
        return {{read(file, "z", model.options), {}, {}}, read(file, "target", model.options)};
    }
    const auto cases = options.cases();
    chopgrad::StepCase step = cases.front();
    if (splitList(options.frames).size() > 1 || splitList(options.sizes).size() > 1) {
        throw base::Error(base::ErrorKind::kUsage, "One clip at a time is measured here.",
            "Several frame counts or sizes were given.", "Give one of each.");
    }
    return chopgrad::stepData(*model.decoder, step, model.options);
}

struct Scene {
    MeasuredDecoder model;
    chopgrad::StepData data;
    std::unique_ptr<perceptual::FrameLoss> loss;
};

Scene sceneFor(const MeasureOptions& options)
{
    const auto terms = perceptual::parseLosses(options.loss);
    const bool trained = options.trainsDecoder();
    Scene scene{openDecoder(options.model, options.engine), {}, nullptr};
    scene.data = dataFor(scene.model, options);
    scene.loss =
        perceptual::makeLoss(terms, {scene.data.target, {}, {}, {}}, lossOptions(options, scene.model.options));
    scene.model.decoder->setOperators(
        options.operators == "stock" ? models::OperatorSet::kStock : models::OperatorSet::kLean);
    models::setRequiresGrad(
        [&](const models::ParameterVisitor& visitor) { scene.model.decoder->visit(visitor); }, trained);
    return scene;
}

chopgrad::SweepOptions sweepOptions(const MeasureOptions& options, const base::Control& control)
{
    chopgrad::SweepOptions sweep;
    sweep.control = &control;
    sweep.diskFolder = base::pathFromText(options.folder);
    return sweep;
}

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

void writeChart(const MeasureOptions& options, const Chart& chart, nlohmann::json& result)
{
    if (!options.chart.empty()) {
        base::writeFileAtomically(base::pathFromText(options.chart), svgText(chart));
        result["chart"] = options.chart;
    }
}

// --out: one gradient into a file.
int writeGradient(Output& output, const MeasureOptions& options)
{
    base::Control control;
    const StopSignals signals(control);
    const RunMeter meter;
    Rows rows(output, options);
    const auto schedule = options.onlySchedule();
    Scene scene = sceneFor(options);
    const double start = base::monotonicSeconds();
    const auto gradient =
        chopgrad::sweep(*scene.model.decoder, scene.data.clip, *scene.loss, schedule, sweepOptions(options, control));
    const double seconds = base::monotonicSeconds() - start;
    models::NamedTensors tensors = {{"gradient", gradient.latents.to(at::kCPU).contiguous()}};
    for (const auto& parameter : gradient.parameters) {
        tensors.emplace_back(parameter.name, parameter.gradient.to(at::kCPU).contiguous());
    }
    models::writeSafetensors(base::pathFromText(options.out), tensors,
        {{"schedule", plan::scheduleText(schedule)}, {"loss", options.loss}});
    nlohmann::json result = {{"result", "gradient"}, {"out", options.out}, {"model", scene.model.name},
        {"schedule", plan::scheduleText(schedule)}, {"loss", gradient.loss}, {"compute_seconds", seconds},
        {"gradient_norm", gradient.latents.to(at::kDouble).norm().item<double>()},
        {"forwards", gradient.counts.forwards}, {"backwards", gradient.counts.backwards}};
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
    Scene scene = sceneFor(options);
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
    nlohmann::json result = {{"result", "gradient"}, {"model", scene.model.name},
        {"random_weights", scene.model.isRandom}, {"groups", measure.groups}, {"loss", measure.loss},
        {"forwards", measure.counts.forwards}, {"backwards", measure.counts.backwards},
        {"compute_seconds", base::monotonicSeconds() - start}};
    writeChart(options, chart, result);
    rows.finish(result, options.chart.empty() ? "" : "Wrote " + options.chart + ".");
    return 0;
}

int measureInfluence(Output& output, const MeasureOptions& options)
{
    base::Control control;
    const StopSignals signals(control);
    Rows rows(output, options);
    if (!(options.tolerance > 0) || !std::isfinite(options.tolerance)) {
        throw base::Error(base::ErrorKind::kUsage, "The option --tolerance cannot be understood.",
            "It is not a positive number.", "Write for example 0.1.");
    }
    chopgrad::InfluenceOptions how;
    how.leastMemory = options.forms == "recomputing";
    how.sweep = sweepOptions(options, control);
    Scene scene = sceneFor(options);
    const double start = base::monotonicSeconds();
    const auto measure = chopgrad::measureInfluence(*scene.model.decoder, scene.data.clip, *scene.loss, how);
    const auto fit = plan::fitInfluence(measure.relative);
    Chart chart{"Influence of earlier groups, " + scene.model.name, "distance in groups",
        "relative to the group's own", true, {{"latent", {}}}};
    std::vector<double> sums;
    for (const auto& error : measure.latents) {
        sums.push_back(error.norm);
    }
    for (std::size_t k = 0; k < measure.relative.size(); ++k) {
        nlohmann::json row = {{"measure", "influence"}, {"distance", k}, {"influence", measure.relative[k]},
            {"norm", measure.norms[k]},
            {"fitted", fit ? nlohmann::json(fit->at(static_cast<double>(k))) : nlohmann::json()}};
        for (const auto& level : measure.levels) {
            row["levels"]["1/" + std::to_string(scene.model.decoder->traits().spatialStride / level.cellScale)] =
                k > 0 ? nlohmann::json(level.relative[k - 1]) : nlohmann::json();
        }
        char text[96];
        std::snprintf(text, sizeof text, "distance %zu: %.5g", k, measure.relative[k]);
        rows.add(row, text);
        chart.lines.front().points.emplace_back(k, measure.relative[k]);
    }
    if (fit) {
        ChartLine line{"fit", {}};
        for (std::size_t k = 0; k < measure.relative.size(); ++k) {
            line.points.emplace_back(k, fit->at(static_cast<double>(k)));
        }
        chart.lines.push_back(std::move(line));
    }
    for (const auto& level : measure.levels) {
        ChartLine line{
            "caches at 1/" + std::to_string(scene.model.decoder->traits().spatialStride / level.cellScale), {}};
        for (std::size_t k = 0; k < level.relative.size(); ++k) {
            line.points.emplace_back(k + 1, level.relative[k]);
        }
        chart.lines.push_back(std::move(line));
    }
    nlohmann::json result = {{"result", "influence"}, {"model", scene.model.name},
        {"random_weights", scene.model.isRandom}, {"groups", measure.groups}, {"tolerance", options.tolerance},
        {"compute_seconds", base::monotonicSeconds() - start}};
    std::string text = "No exponential fits: the clip is too short.";
    if (fit) {
        const auto distance = plan::suggestedDistance(*fit, options.tolerance);
        const auto byBias = plan::distanceForBias(measure.relative, sums, *fit, options.tolerance, 1000);
        result["fit"] = {{"c", fit->c}, {"alpha", fit->alpha}};
        result["suggested_distance"] = distance ? nlohmann::json(*distance) : nlohmann::json();
        result["distance_for_bias"] = byBias ? nlohmann::json(*byBias) : nlohmann::json();
        char line[200];
        std::snprintf(line, sizeof line, "Fit: %.4g exp(%.4g distance). ", fit->c, -fit->alpha);
        text = line + (distance ? "D = " + std::to_string(*distance) + " keeps what lies beyond below the tolerance."
                                : std::string("The influence does not decay: use exact."));
    }
    writeChart(options, chart, result);
    rows.finish(result, text);
    return 0;
}

int measureLocality(Output& output, const MeasureOptions& options)
{
    base::Control control;
    const StopSignals signals(control);
    Rows rows(output, options);
    const auto schedule = options.onlySchedule();
    Scene scene = sceneFor(options);
    const double start = base::monotonicSeconds();
    const auto measure = chopgrad::measureLocality(
        *scene.model.decoder, scene.data.clip, scene.data.target, schedule, sweepOptions(options, control));
    Chart chart{"Gradient beyond a distance in the picture, " + scene.model.name, "latent cells",
        "share of the energy", true, {{plan::scheduleText(schedule), {}}}};
    for (std::size_t r = 0; r < measure.share.size(); ++r) {
        const double beyond = std::max(0.0, 1 - measure.share[r]);
        char text[96];
        std::snprintf(text, sizeof text, "within %zu cells: %.6f %% of the energy", r, 100 * measure.share[r]);
        rows.add({{"measure", "locality"}, {"cells", r}, {"share", measure.share[r]}, {"beyond", beyond}}, text);
        chart.lines.front().points.emplace_back(r, beyond);
    }
    nlohmann::json result = {{"result", "locality"}, {"model", scene.model.name},
        {"random_weights", scene.model.isRandom}, {"row", measure.row}, {"column", measure.column},
        {"schedule", plan::scheduleText(schedule)}, {"compute_seconds", base::monotonicSeconds() - start}};
    writeChart(options, chart, result);
    rows.finish(result, options.chart.empty() ? "" : "Wrote " + options.chart + ".");
    return 0;
}

} // namespace reelmend::cli
