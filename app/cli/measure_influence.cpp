#include <ATen/ATen.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "app/cli/measure.h"
#include "app/cli/measure_scene.h"
#include "app/cli/stop_signals.h"
#include "core/base/error.h"
#include "core/base/time.h"
#include "core/chopgrad/measure_influence.h"
#include "core/plan/influence.h"

namespace reelmend::cli {

namespace {

// Influence and locality look at the latents that a decoder is given, whatever made them.
void requireNoDenoiser(const MeasureOptions& options)
{
    if (options.variables() == chopgrad::Variables::kDenoiser) {
        throw base::Error(base::ErrorKind::kUsage, "This is measured at the latents, not at a denoiser's weights.",
            "A denoiser sees the whole clip at once: nothing in it decays from group to group.",
            "Leave out --wrt, or use measure gradient or measure memory.");
    }
}

} // namespace

int measureInfluence(Output& output, const MeasureOptions& options)
{
    base::Control control;
    const StopSignals signals(control);
    Rows rows(output, options);
    requireNoDenoiser(options);
    if (!(options.tolerance > 0) || !std::isfinite(options.tolerance)) {
        throw base::Error(base::ErrorKind::kUsage, "The option --tolerance cannot be understood.",
            "It is not a positive number.", "Write for example 0.1.");
    }
    chopgrad::InfluenceOptions how;
    how.leastMemory = options.forms == "recomputing";
    how.sweep = sweepOptions(options, control);
    MeasuredScene scene = sceneFor(options);
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
    requireNoDenoiser(options);
    const auto schedule = options.onlySchedule();
    MeasuredScene scene = sceneFor(options);
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
