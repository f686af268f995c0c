#include "app/cli/latent_denoise.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <memory>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "app/cli/adapter_text.h"
#include "app/cli/engine_options.h"
#include "app/cli/latent_report.h"
#include "app/cli/stop_signals.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/models/lora_file.h"
#include "core/tensor/device.h"

namespace reelmend::cli {

namespace {

struct DenoiseOptions {
    std::string model, in, out;
    std::vector<std::string> adapters;
    EngineOptions engine;
    bool asJson = false;
};

// A tensor of the input file, in the run's type and on its device; undefined where there is none.
at::Tensor optionalInput(const models::SafetensorsFile& file, const char* name, const models::LoadOptions& how)
{
    const auto* stored = file.find(name);
    if (!stored) {
        return {};
    }
    models::ReadOptions options;
    options.options = at::TensorOptions(how.device).dtype(how.dtype);
    options.refuseNonFinite = true;
    return file.read(*stored, options);
}

at::Tensor input(const models::SafetensorsFile& file, const char* name, const models::LoadOptions& how)
{
    const at::Tensor tensor = optionalInput(file, name, how);
    if (!tensor.defined()) {
        throw base::Error(base::ErrorKind::kInput,
            "\"" + base::pathText(file.path().filename()) + "\" does not hold what is to be denoised.",
            "It has no tensor \"" + std::string(name) + "\".",
            "The transformer reads hidden_states, timestep and encoder_hidden_states.");
    }
    return tensor;
}

// Numbers that steer the network: read as they are stored, so that a timestep is not rounded to bfloat16.
models::LoadOptions exactly(models::LoadOptions how)
{
    how.dtype = at::kDouble;
    return how;
}

// Puts the adapters into the network's weights, one after another.
void adapt(models::Denoiser& network, const std::vector<std::string>& adapters)
{
    const auto visit = [&network](const models::ParameterVisitor& visitor) { network.visit(visitor); };
    for (const std::string& text : adapters) {
        const AdapterText adapter = parseAdapter(text);
        if (!adapter.problem.empty()) {
            throw base::Error(base::ErrorKind::kUsage, "The option --lora cannot be understood.", adapter.problem,
                "Write for example style.safetensors:0.8.");
        }
        models::mergeLora(visit, models::readLora(base::pathFromText(adapter.file), visit).lora, adapter.strength);
    }
}

int denoise(Output& output, const DenoiseOptions& options)
{
    base::Control control;
    const StopSignals signals(control);
    const RunMeter meter;
    const c10::AutoGradMode noGradient(false);
    const models::LoadOptions how = options.engine.open();
    const models::SafetensorsFile file(base::pathFromText(options.in));
    at::Tensor latents = input(file, "hidden_states", how);
    models::Conditioning given;
    given.timestep = input(file, "timestep", exactly(how));
    given.text = optionalInput(file, "encoder_hidden_states", how);
    given.context = optionalInput(file, "control_hidden_states", how);
    given.contextScale = optionalInput(file, "control_hidden_states_scale", exactly(how));
    given.offset = optionalInput(file, "ofs", exactly(how));
    const auto network = models::loadDenoiser(base::pathFromText(options.model), how);
    adapt(*network, options.adapters);
    // Files are laid out as the public implementation of the model takes them.
    const bool framesFirst = network->traits().framesFirst;
    if (framesFirst && latents.dim() == 5) {
        latents = latents.transpose(1, 2);
    }
    control.checkpoint();
    tensor::synchronize(how.device);
    const double start = base::monotonicSeconds();
    at::Tensor sample = network->predict(latents, given).prediction;
    tensor::synchronize(how.device);
    const double seconds = base::monotonicSeconds() - start;
    if (framesFirst) {
        sample = sample.transpose(1, 2);
    }
    return writeLatents(output, options.out, options.asJson, how, meter, {seconds}, {{"sample", storable(sample)}},
        {{"denoiser", network->traits().family}});
}

} // namespace

void addLatentDenoise(CLI::App& latent, Chosen& chosen)
{
    auto options = std::make_shared<DenoiseOptions>();
    CLI::App* part = latent.add_subcommand("denoise", "One evaluation of a transformer: hidden_states to sample");
    part->add_option("--model", options->model, "A transformer folder, or a single file")->required();
    part->add_option("--in", options->in, "A safetensors file")->required();
    part->add_option("--out", options->out, "The safetensors file to write")->required();
    part->add_option("--lora", options->adapters,
        "An adapter over the weights, FILE.safetensors or FILE.safetensors:STRENGTH; may be given again");
    part->add_flag("--json", options->asJson, "Seconds and peak bytes as one JSON object");
    options->engine.addTo(*part);
    part->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) { return denoise(output, *options); };
    });
}

} // namespace reelmend::cli
