#include <ATen/ATen.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/engine_options.h"
#include "app/cli/latent_denoise.h"
#include "app/cli/latent_report.h"
#include "app/cli/stop_signals.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/models/evaluate.h"
#include "core/tensor/device.h"

namespace reelmend::cli {

namespace {

// In the order of models::LiteCondition.
const std::vector<std::string> kTasks = {"upscale2", "upscale4", "restore", "inpaint", "repair", "harmonise"};

struct LatentOptions {
    std::string model, in, out, chunks, tile, task = "restore";
    double detail = 0.5;
    int repeat = 1;
    EngineOptions engine;
    bool whole = false, normalise = false, asJson = false;

    void addTo(CLI::App& app, const char* unit)
    {
        app.add_option(
               "--model", model, "A diffusers folder, a single file, or wan2.1 for its shape with random weights")
            ->required();
        app.add_option("--in", in, "A safetensors file")->required();
        app.add_option("--out", out, "The safetensors file to write")->required();
        app.add_option(
            "--chunks", chunks, std::string("Sizes of the steps in ") + unit + ", the last goes on: n,n,…");
        app.add_option("--tile", tile, "Tiles in latent cells: WxH or WxH+halo");
        app.add_flag("--whole", whole, "The whole clip in one step");
        app.add_flag(
            "--normalise", normalise, "Latents in the denoiser's space: apply the autoencoder's mean and std");
        app.add_option("--task", task,
               "For networks that serve several tasks (lite): upscale2, upscale4, restore, "
               "inpaint, repair or harmonise")
            ->check(CLI::IsMember(kTasks))
            ->capture_default_str();
        app.add_option("--detail", detail, "For the same: 0 = faithful, 1 = crisp")
            ->check(CLI::Range(0.0, 1.0))
            ->capture_default_str();
        app.add_option("--repeat", repeat, "Compute it n times, for clocks: compute_seconds is the fastest")
            ->check(CLI::Range(1, 1000))
            ->capture_default_str();
        app.add_flag("--json", asJson, "Seconds and peak bytes as one JSON object");
        engine.addTo(app);
    }

    models::LoadOptions open() const
    {
        models::LoadOptions how = engine.open();
        how.condition = std::find(kTasks.begin(), kTasks.end(), task) - kTasks.begin();
        how.detail = detail;
        return how;
    }

    models::EvaluationPlan plan() const
    {
        models::EvaluationPlan evaluation;
        evaluation.steps = parseCounts(chunks, "--chunks");
        evaluation.whole = whole;
        if (!tile.empty()) {
            evaluation.tile = models::parseTile(tile);
        }
        if (whole && !chunks.empty()) {
            throw base::Error(
                base::ErrorKind::kUsage, "--whole and --chunks exclude each other.", {}, "Leave out one of them.");
        }
        return evaluation;
    }
};

models::ReadOptions readOptions(const models::LoadOptions& how)
{
    models::ReadOptions options;
    options.options = at::TensorOptions(how.device).dtype(how.dtype);
    options.refuseNonFinite = true;
    return options;
}

at::Tensor input(const models::SafetensorsFile& file, const char* name, const models::LoadOptions& how)
{
    const auto* stored = file.find(name);
    if (!stored || stored->shape.size() != 5) {
        throw base::Error(base::ErrorKind::kInput,
            "\"" + base::pathText(file.path().filename()) + "\" does not hold what is to be converted.",
            stored ? "Its tensor \"" + std::string(name) + "\" is not [batch, channels, time, height, width]."
                   : "It has no tensor \"" + std::string(name) + "\".",
            "Encoding reads x, decoding reads z.");
    }
    return file.read(*stored, readOptions(how));
}

// What runs --repeat times, and the seconds of each.
template <class Work> std::vector<double> timed(const LatentOptions& options, c10::Device device, Work&& work)
{
    std::vector<double> seconds;
    for (int run = 0; run < options.repeat; ++run) {
        tensor::synchronize(device);
        const double start = base::monotonicSeconds();
        work();
        tensor::synchronize(device);
        seconds.push_back(base::monotonicSeconds() - start);
    }
    return seconds;
}

int encode(Output& output, const LatentOptions& options)
{
    base::Control control;
    const StopSignals signals(control);
    const RunMeter meter;
    models::LoadOptions how = options.open();
    how.decoder = false;
    if (options.engine.dtype == "auto") {
        how.dtype = at::kFloat; // bf16 latents visibly degrade what is built on them; decoding does not mind
    }
    const models::EvaluationPlan plan = options.plan();
    const models::SafetensorsFile file(base::pathFromText(options.in));
    const at::Tensor x = input(file, "x", how);
    const models::Autoencoder model = openAutoencoder(options.model, how).model;
    std::vector<std::vector<at::Tensor>> skips;
    at::Tensor parameters;
    const auto seconds = timed(options, how.device, [&] {
        std::vector<at::Tensor> parts;
        skips.clear();
        models::encodeClip(
            *model.encoder, x, plan, control, [&](const at::Tensor& latents, const models::Skips& features) {
                parts.push_back(latents);
                skips.resize(features.size());
                for (std::size_t i = 0; i < features.size(); ++i) {
                    skips[i].push_back(features[i]);
                }
            });
        parameters = at::cat(parts, 2);
    });
    if (options.normalise) {
        // Only the mean is moved; a variance in the denoiser's space has no reader.
        parameters = models::normalised(model.traits, models::posteriorMean(model.traits, parameters));
    }
    models::NamedTensors tensors = {{"parameters", storable(parameters)}};
    for (std::size_t i = 0; i < skips.size(); ++i) {
        tensors.emplace_back("skip." + std::to_string(i), storable(at::cat(skips[i], 2)));
    }
    return writeLatents(
        output, options.out, options.asJson, how, meter, seconds, tensors, {{"autoencoder", model.identity}});
}

int decode(Output& output, const LatentOptions& options)
{
    base::Control control;
    const StopSignals signals(control);
    const RunMeter meter;
    models::LoadOptions how = options.open();
    how.encoder = false;
    const models::EvaluationPlan plan = options.plan();
    const models::SafetensorsFile file(base::pathFromText(options.in));
    at::Tensor z = input(file, "z", how);
    const models::Autoencoder model = openAutoencoder(options.model, how).model;
    const auto groups = model.decoder->groups(z.size(2));
    const auto skips = storedSkips(file, *model.decoder, z.size(2), readOptions(how));
    if (options.normalise) {
        z = models::denormalised(model.traits, z);
    }
    at::Tensor sample;
    const auto seconds = timed(options, how.device, [&] {
        std::int64_t done = 0;
        models::decodeClip(*model.decoder, z, skips, plan, control, [&](const at::Tensor& frames) {
            if (!sample.defined()) {
                sample = at::empty(
                    {frames.size(0), frames.size(1), groups.back().frames.end, frames.size(3), frames.size(4)},
                    frames.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
            }
            sample.narrow(2, done, frames.size(2)).copy_(frames);
            done += frames.size(2);
        });
    });
    sample.clamp_(-1, 1);
    return writeLatents(output, options.out, options.asJson, how, meter, seconds, {{"sample", sample}},
        {{"autoencoder", model.identity}});
}

void addPart(CLI::App& latent, Chosen& chosen, const char* name, const char* text, const char* unit,
    int (*run)(Output&, const LatentOptions&))
{
    auto options = std::make_shared<LatentOptions>();
    CLI::App* part = latent.add_subcommand(name, text);
    options->addTo(*part, unit);
    part->callback([&chosen, options, run] {
        chosen.asJson = options->asJson;
        chosen.run = [options, run](Output& output) { return run(output, *options); };
    });
}

} // namespace

void addLatent(CLI::App& app, Chosen& chosen)
{
    CLI::App* latent = app.add_subcommand("latent", "Convert between frames and latents with a model's autoencoder");
    latent->require_subcommand(1);
    addPart(*latent, chosen, "encode", "Frames x in [-1, 1] to parameters (mean and log-variance stacked)", "frames",
        encode);
    addPart(*latent, chosen, "decode", "Latents z to frames: sample in [-1, 1]", "latents", decode);
    addLatentDenoise(*latent, chosen);
}

} // namespace reelmend::cli
