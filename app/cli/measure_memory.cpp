#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "app/cli/measure.h"
#include "app/cli/stop_signals.h"
#include "app/cli/svg_chart.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/chopgrad/measure_costs.h"
#include "core/plan/memory_plan.h"

namespace reelmend::cli {

namespace {

constexpr double kMegabyte = 1e6;

std::string caseName(const chopgrad::StepCase& step)
{
    return plan::scheduleText(step.schedule) +
           (step.operators == models::OperatorSet::kStock ? ", stock operators" : "");
}

nlohmann::json caseJson(const chopgrad::StepCase& step, const MeasuredModel& model, const MeasureOptions& options)
{
    const auto& schedule = step.schedule;
    nlohmann::json json = {{"measure", "memory"}, {"model", model.name}, {"random_weights", model.isRandom},
        {"case", caseName(step)}, {"mode", plan::modeName(schedule.mode)},
        {"ops", step.operators == models::OperatorSet::kStock ? "stock" : "lean"}, {"frames", step.frames},
        {"width", step.width}, {"height", step.height}, {"wrt", options.with}, {"loss", step.loss}};
    const bool isChop = schedule.mode == plan::GradientMode::kChop;
    json["distance"] = isChop ? nlohmann::json(schedule.distance) : nlohmann::json();
    json["form"] = isChop ? nlohmann::json(plan::formName(schedule.form)) : nlohmann::json();
    json["store"] =
        schedule.mode == plan::GradientMode::kExact || (isChop && schedule.form == plan::ChopForm::kRecomputing)
            ? nlohmann::json(plan::storeName(schedule.store))
            : nlohmann::json();
    return json;
}

// One case, repeated.
nlohmann::json measured(const MeasuredModel& model, const chopgrad::StepCase& step, const MeasureOptions& options,
    const base::Control& control)
{
    nlohmann::json row = caseJson(step, model, options);
    std::vector<double> seconds, tensorPeaks, processPeaks;
    chopgrad::StepCost cost;
    try {
        for (int run = 0; run < options.repeat; ++run) {
            cost = chopgrad::measureStep(model.networks(), step, model.options, &control);
            seconds.push_back(cost.seconds);
            tensorPeaks.push_back(static_cast<double>(cost.tensorPeakBytes));
            processPeaks.push_back(static_cast<double>(cost.processPeakBytes));
        }
    } catch (const base::Error& error) {
        if (error.kind() != base::ErrorKind::kOutOfMemory) {
            throw;
        }
        row["error"] = error.message(); // the others may fit
        return row;
    }
    row["groups"] = cost.groups;
    row["seconds"] = spreadJson(spreadOf(seconds));
    // Beyond weights, latents and target: what the step itself needed.
    row["tensor_peak_bytes"] = spreadJson(spreadOf(tensorPeaks));
    row["process_peak_bytes"] = spreadJson(spreadOf(processPeaks));
    row["weight_bytes"] = cost.weightBytes;
    row["latent_bytes"] = cost.latentBytes;
    row["frame_bytes"] = cost.frameBytes;
    row["caches"] = {{"count", cost.held.caches}, {"device_bytes", cost.held.device}, {"host_bytes", cost.held.host},
        {"disk_bytes", cost.held.disk}};
    row["forwards"] = cost.counts.forwards;
    row["backwards"] = cost.counts.backwards;
    row["live_graphs"] = cost.counts.liveGraphs;
    for (const auto& phase : cost.phases) {
        row["phases"][chopgrad::phaseName(phase.phase)] = {
            {"seconds", phase.seconds}, {"tensor_peak_bytes", phase.peakBytes}};
    }
    row["loss_value"] = cost.loss;
    row["gradient_norm"] = cost.gradientNorm;
    if (!cost.note.empty()) {
        row["note"] = cost.note;
    }
    return row;
}

std::string rowText(const nlohmann::json& row)
{
    std::string text = row["case"].get<std::string>() + ", " + row["frames"].dump() + " frames of " +
                       row["width"].dump() + "x" + row["height"].dump() + ": ";
    if (row.contains("error")) {
        return text + row["error"].get<std::string>();
    }
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.2f s", row["seconds"]["median"].get<double>());
    text += std::string(seconds) + ", tensors " + base::bytesText(row["tensor_peak_bytes"]["median"]) + ", process " +
            base::bytesText(row["process_peak_bytes"]["median"]);
    if (row["caches"]["disk_bytes"] != 0) {
        text += ", on disk " + base::bytesText(row["caches"]["disk_bytes"]);
    }
    if (row.contains("predicted_bytes")) {
        text += ", predicted " + base::bytesText(row["predicted_bytes"]);
    }
    return text + (row.contains("note") ? ". " + row["note"].get<std::string>() : "");
}

// The plan of these networks, calibrated on two small pictures.
plan::MemoryPlan calibrated(const MeasuredModel& model, const chopgrad::StepCase& step)
{
    const auto visit = [&](const models::ParameterVisitor& visitor) { model.decoder->visit(visitor); };
    model.decoder->setOperators(step.operators);
    models::setRequiresGrad(visit, step.variables == chopgrad::Variables::kDecoder);
    plan::MemoryPlan plan(
        chopgrad::measureCosts(*model.decoder, model.options, chopgrad::skipsMaker(model.networks(), model.options)));
    models::setRequiresGrad(visit, false);
    if (model.denoiser) {
        plan.setDenoiser(
            model.denoiser->footprint(), static_cast<double>(model.options.dtype().itemsize()), 0, false);
    }
    return plan;
}

// Against frames where there are several counts, else against D.
Chart memoryChart(const std::vector<nlohmann::json>& rows, const std::string& model)
{
    bool severalFrames = false;
    for (const auto& row : rows) {
        severalFrames = severalFrames || row["frames"] != rows.front()["frames"];
    }
    Chart chart{"Peak memory of one gradient step, " + model, severalFrames ? "frames" : "truncation distance D",
        "tensors, MB", false, {}};
    std::map<std::string, std::size_t> known;
    for (const auto& row : rows) {
        if (row.contains("error")) {
            continue;
        }
        std::string name = severalFrames ? row["case"].get<std::string>() : row["mode"].get<std::string>();
        if (row["ops"] == "stock" && !severalFrames) {
            name += ", stock operators";
        }
        const auto [place, isNew] = known.emplace(name, chart.lines.size());
        if (isNew) {
            chart.lines.push_back({name, {}});
        }
        const double x = severalFrames               ? row["frames"].get<double>()
                         : row["distance"].is_null() ? 0.0
                                                     : row["distance"].get<double>();
        chart.lines[place->second].points.emplace_back(
            x, row["tensor_peak_bytes"]["median"].get<double>() / kMegabyte);
    }
    return chart;
}

} // namespace

int measureMemory(Output& output, const MeasureOptions& options)
{
    base::Control control;
    const StopSignals signals(control);
    Rows rows(output, options);
    auto cases = options.cases();
    const double start = base::monotonicSeconds();
    const MeasuredModel model = openMeasured(options.model, options.engine, options.variables(), options.denoiser);
    for (auto& step : cases) { // sizes that do not fit are found before any work
        chopgrad::checkSize(*model.decoder, step);
        step.lossOptions = lossOptions(options, model.options);
    }
    std::map<models::OperatorSet, plan::MemoryPlan> plans;
    std::vector<nlohmann::json> all;
    for (const auto& step : cases) {
        nlohmann::json row = measured(model, step, options, control);
        if (options.predict) {
            auto found = plans.find(step.operators);
            if (found == plans.end()) {
                found = plans.emplace(step.operators, calibrated(model, step)).first;
            }
            plan::PlanQuestion question{step.frames, step.width, step.height, step.schedule};
            const auto predicted = found->second.predict(question);
            // Of the same: weights, latents and target were there before the step.
            row["predicted_bytes"] =
                std::max(0.0, predicted.peakBytes - predicted.weightBytes - row.value("latent_bytes", 0.0) -
                                  row.value("frame_bytes", 0.0));
        }
        rows.add(row, rowText(row));
        all.push_back(std::move(row));
    }
    nlohmann::json result = {{"result", "memory"}, {"model", model.name}, {"random_weights", model.isRandom},
        {"cases", all.size()}, {"device", model.options.device().str()}, {"threads", at::get_num_threads()},
        {"seconds", base::monotonicSeconds() - start}};
    if (!options.chart.empty()) {
        base::writeFileAtomically(base::pathFromText(options.chart), svgText(memoryChart(all, model.name)));
        result["chart"] = options.chart;
    }
    rows.finish(result, options.chart.empty() ? "" : "Wrote " + options.chart + ".");
    return 0;
}

} // namespace reelmend::cli
