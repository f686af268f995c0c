#include <cstdio>
#include <memory>
#include <string>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/engine_options.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/tensor/device.h"

namespace reelmend::cli {

namespace {

constexpr int kExampleWidth = 832, kExampleHeight = 480, kExampleFrames = 81;

// Bytes of decoding or training through a codec at the example size, one group at a time.
struct Example {
    double inference = 0, training = 0;
};

Example exampleOf(const plan::CodecFootprint& codec, double elementBytes)
{
    const double cells =
        static_cast<double>(kExampleWidth / codec.spatialStride) * (kExampleHeight / codec.spatialStride);
    const double weights = static_cast<double>(codec.parameters) * elementBytes;
    Example example;
    // The cache of the last group and that of this one.
    example.inference = weights + cells * elementBytes * (codec.steady.workElements + codec.cacheElements);
    // Without truncation of anything but the hand-off: one group's graph and two caches.
    example.training =
        weights +
        cells * elementBytes * (codec.steady.savedLean + codec.steady.backwardElements + 2 * codec.cacheElements);
    return example;
}

std::string codecLine(const char* name, const plan::CodecFootprint& codec)
{
    const Example narrow = exampleOf(codec, 2), wide = exampleOf(codec, 4);
    return std::string(name) + ": " + std::to_string(codec.parameters) + " parameters, " +
           std::to_string(codec.cacheSlots) + " cache tensors. At " + std::to_string(kExampleWidth) + " x " +
           std::to_string(kExampleHeight) + ": " + base::bytesText(narrow.inference) + " in bfloat16 (" +
           base::bytesText(wide.inference) + " in float32), with gradients " + base::bytesText(narrow.training) +
           " (" + base::bytesText(wide.training) + ").";
}

// Bytes of one evaluation of a denoiser over the example clip, of fine-tuning an adapter beside its frozen weights
// with recomputed blocks, and of fine-tuning all of it (gradient, two moments and a master copy in float32).
struct DenoiserExample {
    double inference = 0, adapter = 0, full = 0;
};

DenoiserExample exampleOf(const plan::DenoiserFootprint& denoiser, double elementBytes)
{
    constexpr double kLatentStride = 8, kLatentFrames = (kExampleFrames + 3) / 4;
    const double cells = (kExampleWidth / kLatentStride) * (kExampleHeight / kLatentStride) * kLatentFrames;
    const double tokens = cells / (denoiser.patchTime * denoiser.patchHeight * denoiser.patchWidth);
    const double weights = static_cast<double>(denoiser.parameters) * elementBytes;
    DenoiserExample example;
    example.inference = weights + tokens * elementBytes * denoiser.workElements;
    example.adapter = weights + tokens * elementBytes * (denoiser.savedCheckpointed + denoiser.workElements);
    example.full = example.adapter + static_cast<double>(denoiser.parameters) * 16;
    return example;
}

std::string denoiserLine(const plan::DenoiserFootprint& denoiser)
{
    const DenoiserExample narrow = exampleOf(denoiser, 2), wide = exampleOf(denoiser, 4);
    return "Transformer: " + std::to_string(denoiser.parameters) + " parameters. At " +
           std::to_string(kExampleWidth) + " x " + std::to_string(kExampleHeight) + ", " +
           std::to_string(kExampleFrames) + " frames: " + base::bytesText(narrow.inference) + " in bfloat16 (" +
           base::bytesText(wide.inference) + " in float32), to fine-tune an adapter " +
           base::bytesText(narrow.adapter) + " (" + base::bytesText(wide.adapter) +
           ") and the adapter, to fine-tune all of it " + base::bytesText(narrow.full) + " (" +
           base::bytesText(wide.full) + ").";
}

nlohmann::json inspectJson(const models::ModelDescription& model)
{
    nlohmann::json json = {{"family", model.family}, {"kind", model.kind}, {"title", model.title},
        {"licence", model.licence}, {"names", model.names}, {"dtypes", model.dtypes}, {"bytes", model.fileBytes},
        {"tensors", model.tensors}, {"parameters", model.parameters}, {"problems", model.problems},
        {"footprint", plan::toJson(model.footprint)}};
    const auto add = [&](const char* part, const std::optional<plan::CodecFootprint>& codec) {
        if (codec) {
            const Example narrow = exampleOf(*codec, 2), wide = exampleOf(*codec, 4);
            json["memory"][part] = {{"width", kExampleWidth}, {"height", kExampleHeight},
                {"inference_bytes", {{"bfloat16", narrow.inference}, {"float32", wide.inference}}},
                {"training_bytes", {{"bfloat16", narrow.training}, {"float32", wide.training}}}};
        }
    };
    add("encoder", model.footprint.encoder);
    add("decoder", model.footprint.decoder);
    if (model.footprint.denoiser) {
        const DenoiserExample narrow = exampleOf(*model.footprint.denoiser, 2),
                              wide = exampleOf(*model.footprint.denoiser, 4);
        json["memory"]["denoiser"] = {{"width", kExampleWidth}, {"height", kExampleHeight},
            {"frames", kExampleFrames},
            {"inference_bytes", {{"bfloat16", narrow.inference}, {"float32", wide.inference}}},
            {"adapter_bytes", {{"bfloat16", narrow.adapter}, {"float32", wide.adapter}}},
            {"training_bytes", {{"bfloat16", narrow.full}, {"float32", wide.full}}}};
    }
    return json;
}

std::string inspectText(const models::ModelDescription& model)
{
    std::string dtypes;
    for (const auto& dtype : model.dtypes) {
        dtypes += (dtypes.empty() ? "" : ", ") + dtype;
    }
    std::string text = model.title + "\n" + std::to_string(model.tensors) + " tensors, " +
                       std::to_string(model.parameters) + " numbers (" + dtypes + "), " +
                       base::bytesText(static_cast<double>(model.fileBytes));
    text += model.names.empty() ? "" : ", names as in " + model.names + " files";
    if (model.footprint.encoder) {
        text += "\n" + codecLine("Encoder", *model.footprint.encoder);
    }
    if (model.footprint.decoder) {
        text += "\n" + codecLine("Decoder", *model.footprint.decoder);
    }
    if (model.footprint.denoiser) {
        text += "\n" + denoiserLine(*model.footprint.denoiser);
    }
    text += model.licence.empty() ? "" : "\nLicence: " + model.licence;
    for (const auto& problem : model.problems) {
        text += "\nNote: " + problem;
    }
    return text;
}

} // namespace

void addModels(CLI::App& app, Chosen& chosen)
{
    struct Options {
        std::string path;
        bool asJson = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* models = app.add_subcommand("models", "Say what a model file is and what it needs");
    models->require_subcommand(1);
    CLI::App* inspect = models->add_subcommand("inspect", "Kind, licence notes, parameters, memory");
    inspect->add_option("path", options->path, "A diffusers folder, a safetensors file or index, or lite")
        ->required();
    inspect->add_flag("--json", options->asJson, "One JSON object on standard output");
    inspect->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) {
            tensor::setThreads(0);
            bool wasSaid = options->asJson;
            const auto model = models::describeModel(modelPath(options->path), [&wasSaid] {
                if (!wasSaid) {
                    std::fputs("Measuring what it needs, once for this kind of model: about 20 s.\n", stderr);
                    wasSaid = true;
                }
            });
            if (options->asJson) {
                output.json(inspectJson(model));
            } else {
                output.line(inspectText(model));
            }
            return 0;
        };
    });
}

} // namespace reelmend::cli
