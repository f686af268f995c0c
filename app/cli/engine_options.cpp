#include "app/cli/engine_options.h"

#include <ATen/ATen.h>

#include <charconv>
#include <filesystem>
#include <system_error>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/resources.h"
#include "core/base/time.h"
#include "core/models/lite.h"
#include "core/models/lite_file.h"
#include "core/models/tensor_list.h"
#include "core/models/wan_vae.h"
#include "core/tensor/cuda_module.h"
#include "core/tensor/device.h"
#include "core/tensor/memory_tracker.h"

namespace reelmend::cli {

void EngineOptions::addTo(CLI::App& app)
{
    app.add_option("--device", device, "cpu, cuda, cuda:1 or auto")->capture_default_str();
    app.add_option("--dtype", dtype, "float32, bfloat16, float16, float64 or auto")->capture_default_str();
    app.add_option("--threads", threads, "Threads on the CPU; 0 = all cores")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
}

models::LoadOptions EngineOptions::open() const
{
    tensor::setThreads(threads);
    models::LoadOptions options;
    options.device = tensor::deviceFromText(device);
    options.dtype = tensor::dtypeFromText(dtype, options.device);
    return options;
}

std::filesystem::path modelPath(const std::string& model)
{
    std::error_code ignored;
    const auto named = base::pathFromText(model);
    if (model != "lite" || std::filesystem::exists(named, ignored)) {
        return named;
    }
    const auto bundled = base::resourceFile("models/lite.safetensors");
    if (bundled.empty()) {
        throw base::Error(base::ErrorKind::kUnavailable, "The lite model cannot be opened.",
            "Its weights (resources/models/lite.safetensors) are not installed.", "Install them, or name a file.");
    }
    return bundled;
}

OpenedAutoencoder openAutoencoder(const std::string& model, const models::LoadOptions& how)
{
    OpenedAutoencoder opened;
    const auto path = modelPath(model);
    std::error_code ignored;
    if (model != "wan2.1" || std::filesystem::exists(path, ignored)) {
        opened.name = base::pathText(path.has_filename() ? path.filename() : path);
        opened.model = models::loadAutoencoder(path, how);
        opened.isRandom = how.randomWhereListed && opened.name.ends_with(models::kTensorListSuffix);
        return opened;
    }
    opened.name = model;
    opened.isRandom = true;
    const models::WanVaeConfig config;
    opened.model.traits = config.traits();
    opened.model.identity = model + "/random";
    const auto options = at::TensorOptions(how.device).dtype(how.dtype);
    constexpr std::uint64_t kSeed = 5;
    if (how.encoder) {
        opened.model.encoder = models::makeWanEncoder(config);
        const auto visit = [&](const models::ParameterVisitor& visitor) { opened.model.encoder->visit(visitor); };
        models::initialiseRandomly(visit, kSeed, options);
    }
    if (how.decoder) {
        opened.model.decoder = models::makeWanDecoder(config);
        const auto visit = [&](const models::ParameterVisitor& visitor) { opened.model.decoder->visit(visitor); };
        models::initialiseRandomly(visit, kSeed, options);
    }
    return opened;
}

std::vector<models::Skips> storedSkips(const models::SafetensorsFile& file, const models::CausalDecoder& decoder,
    std::int64_t latents, const models::ReadOptions& how)
{
    const int levels = decoder.traits().skipLevels;
    const auto groups = decoder.groups(latents);
    std::vector<models::Skips> skips(levels > 0 ? groups.size() : 0);
    for (int i = 0; i < levels; ++i) {
        const std::string name = "skip." + std::to_string(i);
        const auto* stored = file.find(name);
        if (!stored || stored->shape.size() != 5) {
            throw base::Error(base::ErrorKind::kInput,
                "\"" + base::pathText(file.path().filename()) + "\" does not hold what is to be decoded.",
                stored ? "Its tensor \"" + name + "\" is not [batch, channels, time, height, width]."
                       : "It has no tensor \"" + name + "\".",
                "This network needs what latent encode writes beside the latents.");
        }
        const at::Tensor level = file.read(*stored, how);
        const bool perFrame = level.size(2) == groups.back().frames.end;
        if (!perFrame && level.size(2) != groups.back().latents.end) {
            throw base::Error(base::ErrorKind::kInput, "The skips do not belong to the latents.",
                "They hold " + std::to_string(level.size(2)) + " frames.", "Encode the clip again.");
        }
        for (std::size_t g = 0; g < groups.size(); ++g) {
            const auto range = perFrame ? groups[g].frames : groups[g].latents;
            skips[g].push_back(level.narrow(2, range.begin, range.size()));
        }
    }
    return skips;
}

std::unique_ptr<models::Denoiser> openDenoiser(const std::string& model, const models::LoadOptions& how)
{
    std::error_code ignored;
    const auto path = modelPath(model);
    if (std::filesystem::is_regular_file(path, ignored)) {
        const models::SafetensorsFile file(path);
        if (models::looksLikeLite(file)) {
            const models::LiteWeights whole = models::loadLite(file);
            auto weights = std::make_shared<models::LiteWeights>(
                models::folded(whole, how.condition, whole.dial(how.condition, how.detail), how.dtype));
            models::moveParameters([&](const models::ParameterVisitor& visitor) { weights->visit(visitor); },
                at::TensorOptions(how.device).dtype(how.dtype));
            return std::make_unique<models::LiteDenoiser>(weights);
        }
    }
    throw base::Error(base::ErrorKind::kUnavailable, "Gradients of a denoiser's weights cannot be measured here.",
        "The model is an autoencoder: it has no denoiser.",
        "Name one (--denoiser), or choose the gradient at the latents or the decoder.");
}

RunMeter::RunMeter()
    : start_(base::monotonicSeconds())
{}

void RunMeter::addTo(nlohmann::json& report, c10::Device device) const
{
    report["seconds"] = base::monotonicSeconds() - start_;
    report["peak_bytes"] = tensor::processPeakBytes();
    if (device.is_cuda()) {
        report["device_peak_bytes"] = tensor::cudaMemory(device).peakBytes;
    }
}

std::vector<std::int64_t> parseCounts(std::string_view text, std::string_view option)
{
    std::vector<std::int64_t> counts;
    while (!text.empty()) {
        const auto comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (error != std::errc() || end != part.data() + part.size() || value < 1) {
            throw base::Error(base::ErrorKind::kUsage, "The option " + std::string(option) + " cannot be understood.",
                "\"" + std::string(part) + "\" is not a count.",
                "Write whole numbers with commas, for example 1,4,4.");
        }
        counts.push_back(value);
        text = comma == text.npos ? std::string_view() : text.substr(comma + 1);
    }
    return counts;
}

} // namespace reelmend::cli
