#pragma once
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "app/cli/engine_options.h"
#include "app/cli/output.h"
#include "core/chopgrad/measure_step.h"
#include "core/models/denoiser.h"
#include "core/plan/gradient_schedule.h"

namespace reelmend::cli {

// The networks to measure, and where.
struct MeasuredModel {
    std::string name;      // of the file, or of the architecture
    bool isRandom = false; // weights are seeded random numbers: costs are those of the real ones, values are not
    std::unique_ptr<models::CausalDecoder> decoder;
    std::unique_ptr<models::CausalEncoder> encoder; // where the decoder takes features of it
    std::unique_ptr<models::Denoiser> denoiser;     // where gradients of its weights are asked for
    at::TensorOptions options;

    chopgrad::StepNetworks networks() const { return {*decoder, encoder.get(), denoiser.get()}; }
};

// `model`: a file or folder, or the name of an architecture that is then made with random weights: "wan2.1". Prepares
// threads and device. Unless told otherwise numbers are float32. `denoiser`: a file of its own, where the model does
// not hold one. Throws base::Error; kUnavailable for gradients of a denoiser that is not there.
MeasuredModel openMeasured(const std::string& model, const EngineOptions& engine, chopgrad::Variables variables,
    const std::string& denoiser = {});

// The options that the measurements share; lists with commas make every combination.
struct MeasureOptions {
    std::string model, frames = "17", sizes = "128x64", modes = "chop", operators = "lean", distances = "1",
                       forms = "sliding", stores = "device", tiles = "1x1", with = "latent", loss = "mse", in, out,
                       chart, folder, lpips, denoiser;
    int interval = 1, recomputeEvery = 0, keptGraphs = 0, repeat = 1;
    std::uint64_t seed = 1;
    double tolerance = 0.1;
    bool asJson = false, asCsv = false, predict = false;
    EngineOptions engine;

    // Every schedule asked for, without doubles (stores matter to exact and recomputing chop only, …). Throws
    // base::Error(kUsage).
    std::vector<plan::GradientSchedule> schedules() const;
    std::vector<int> distanceList() const;
    // The cases of all combinations with all frame counts, sizes and operators.
    std::vector<chopgrad::StepCase> cases() const;
    plan::GradientSchedule onlySchedule() const; // throws where there are several
    chopgrad::Variables variables() const;       // of --wrt; throws base::Error(kUsage)
};

// "128x64" -> width, height. Throws base::Error(kUsage).
std::pair<std::int64_t, std::int64_t> parseSize(std::string_view text);
std::vector<std::string> splitList(std::string_view text);

// The three numbers of repeated measurements.
struct Spread {
    double minimum = 0, median = 0, maximum = 0;
};
Spread spreadOf(std::vector<double> values);
nlohmann::json spreadJson(const Spread& spread);

// Rows as JSON lines, as CSV, or as a table for people, each with the same fields.
class Rows {
public:
    Rows(Output& output, const MeasureOptions& options);
    void add(const nlohmann::json& row, const std::string& text);
    // The last line: with --json the result, otherwise `text` for people.
    void finish(const nlohmann::json& result, const std::string& text);

private:
    Output& output_;
    bool asJson_, asCsv_, hasHeader_ = false;
};

} // namespace reelmend::cli
