// Development driver of the lite training: reelmend-train SETTINGS.json FOLDER [--resume | --from WEIGHTS].
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/base/control.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/lite_adapters.h"
#include "core/models/lite_file.h"
#include "core/models/safetensors.h"
#include "core/tensor/device.h"
#include "core/train/evaluate.h"
#include "core/train/trainer.h"

using namespace reelmend;

namespace {

volatile std::sig_atomic_t stopAsked = 0;

template <class T> void take(const nlohmann::json& j, const char* name, T& value)
{
    if (j.contains(name)) {
        value = j.at(name).get<T>();
    }
}

void takeBatch(const nlohmann::json& j, train::BatchSettings& b)
{
    take(j, "crop", b.crop);
    take(j, "clips", b.clips);
    take(j, "frames", b.frames);
    take(j, "long_share", b.longShare);
    take(j, "plain_share", b.plainShare);
    take(j, "codec_share", b.codecShare);
    take(j, "fill_share", b.fillShare);
    take(j, "mixed", b.mixed);
    take(j, "conditions", b.conditions);
}

train::LiteTraining settingsFrom(const nlohmann::json& j)
{
    train::LiteTraining s;
    take(j, "channels", s.network.channels);
    take(j, "patch", s.network.patch);
    take(j, "encoder_blocks", s.network.encoderBlocks);
    take(j, "decoder_blocks", s.network.decoderBlocks);
    take(j, "latent_channels", s.network.latentChannels);
    take(j, "transformer_blocks", s.network.transformerBlocks);
    take(j, "mlp_channels", s.network.mlpChannels);
    take(j, "heads", s.network.heads);
    take(j, "temporal", s.network.temporal);
    take(j, "overview", s.network.overview);
    take(j, "skips", s.network.skips);
    takeBatch(j, s.batch);
    if (j.contains("kinds")) { // micro-batches of several kinds; each begins with the settings above
        for (const nlohmann::json& kind : j.at("kinds")) {
            s.kinds.push_back(s.batch);
            takeBatch(kind, s.kinds.back());
        }
    }
    take(j, "perceptual", s.losses.perceptual);
    take(j, "perceptual_of", s.losses.perceptualOf);
    take(j, "frame_difference", s.losses.frameDifference);
    take(j, "charbonnier", s.losses.charbonnier);
    take(j, "log_error", s.losses.logError);
    take(j, "weight_decay", s.optimizer.weightDecay);
    take(j, "clip", s.optimizer.clip);
    take(j, "beta2", s.optimizer.beta2);
    take(j, "ema", s.optimizer.emaDecay);
    take(j, "micro_batches", s.microBatches);
    take(j, "learning_rate", s.learningRate);
    take(j, "warm_up", s.warmUpSteps);
    take(j, "steps", s.steps);
    take(j, "decay_from", s.decayFrom);
    take(j, "seed", s.seed);
    take(j, "bfloat16", s.bfloat16);
    take(j, "checkpoint_minutes", s.checkpointMinutes);
    take(j, "data_threads", s.dataThreads);
    take(j, "recorded", s.recorded);
    take(j, "distance", s.gradient.distance);
    if (j.contains("gradient")) {
        const auto name = j.at("gradient").get<std::string>();
        const auto mode = plan::modeFromName(name);
        if (!mode) {
            throw base::Error(base::ErrorKind::kUsage, "There is no gradient called " + name + ".", "",
                "Use latent-only, chop, exact, full, checkpoint or framewise.");
        }
        s.gradient.mode = *mode;
    }
    if (j.contains("adapter")) {
        const nlohmann::json& adapter = j.at("adapter");
        models::LoraSettings& lora = s.adapter.emplace();
        take(adapter, "rank", lora.rank);
        take(adapter, "modules", lora.modules);
        lora.alpha = static_cast<double>(lora.rank); // a lite file's adapters are added as they are
    }
    s.device = tensor::deviceFromText(j.value("device", "cpu"));
    if (!s.device.is_cpu()) { // speed before exactness, which a training does not need
        at::globalContext().setAllowTF32CuDNN(true);
        at::globalContext().setAllowTF32CuBLAS(true);
    }
    return s;
}

// What a training of an adapter taught, as its condition's own, beside all that `base` has.
models::LiteWeights overBase(const models::SafetensorsFile& checkpoint, const char* base, std::int64_t condition)
{
    constexpr std::string_view kAverage = "ema.";
    std::map<std::string, at::Tensor> trained;
    for (const models::StoredTensor& stored : checkpoint.header().tensors) {
        if (stored.name.starts_with(kAverage)) {
            trained[stored.name.substr(kAverage.size())] = checkpoint.read(stored, {});
        }
    }
    return models::withAdapter(models::loadLite(base), condition, trained);
}

} // namespace

int main(int argc, char** argv)
{
    ::setenv("THP_MEM_ALLOC_ENABLE", "1", 0); // before LibTorch's first allocation
    if (argc < 3) {
        std::fprintf(stderr, "usage: reelmend-train SETTINGS.json FOLDER [--resume | --from WEIGHTS]\n");
        return 2;
    }
    try {
        if (argc > 4 && !std::strcmp(argv[3], "--export")) { // FOLDER is then the checkpoint
            const models::SafetensorsFile checkpoint(argv[2]);
            models::LiteWeights average =
                argc > 6 ? overBase(checkpoint, argv[5], std::atoll(argv[6])) : models::loadLite(checkpoint, "ema.");
            if (const auto json = nlohmann::json::parse(base::readFile(argv[1])); json.contains("balance")) {
                for (const auto& [condition, middle] : json.at("balance").items()) {
                    average.balance[std::stoll(condition)] = middle.get<double>();
                }
            }
            models::saveLite(argv[4], average, at::kBFloat16, {{"step", checkpoint.header().metadata.at("step")}});
            return 0;
        }
        const auto json = nlohmann::json::parse(base::readFile(argv[1]));
        at::set_num_threads(json.value("threads", 2));
        const std::filesystem::path folder = argv[2];
        const bool evaluating = argc > 3 && !std::strcmp(argv[3], "--evaluate");
        const auto& names = json.at(evaluating ? "held_out" : "pack"); // a file, or a list of files
        std::vector<std::filesystem::path> packs;
        for (const auto& name : names.is_array() ? names : nlohmann::json::array({names})) {
            packs.emplace_back(name.get<std::string>());
        }
        const train::ClipPack pack(packs);
        const bool training = argc < 4 || !std::strcmp(argv[3], "--resume") || !std::strcmp(argv[3], "--from");
        const train::LiteTraining settings = settingsFrom(json);
        const auto lpips = perceptual::loadLpips(json.at("lpips").get<std::string>(),
            at::TensorOptions(at::kFloat).device(training ? settings.device : at::kCPU));
        if (evaluating) { // FOLDER is then the checkpoint or model file
            const models::SafetensorsFile weights(folder);
            train::EvaluationSettings how;
            take(json, "evaluate_frames", how.frames);
            take(json, "evaluate_details", how.details);
            take(json, "evaluate_synthetic", how.synthetic);
            const auto all = train::evaluate(
                models::loadLite(weights, weights.find("ema.encoder.stem.weight") ? "ema." : ""), pack, *lpips, how);
            std::printf("%s", train::summary(all).c_str());
            if (json.contains("evaluate_json")) {
                base::writeFileAtomically(json.at("evaluate_json").get<std::string>(), train::jsonText(all));
            }
            return 0;
        }
        if (argc > 3 && !std::strcmp(argv[3], "--draw")) { // FOLDER is then a safetensors file to look at
            models::NamedTensors drawn;
            for (int i = 0; i < 24; ++i) {
                const train::Batch b = train::drawBatch(pack, settings.batch, 1, static_cast<std::uint64_t>(i), 0);
                const std::string name = std::to_string(i) + "." + std::to_string(b.conditions.front());
                drawn.emplace_back(name + ".input", b.input);
                drawn.emplace_back(name + ".target", b.target);
            }
            models::writeSafetensors(folder, drawn);
            return 0;
        }
        train::LiteTrainer trainer(settings, pack, lpips.get());
        if (settings.adapter) { // what it is an adapter of is no part of a checkpoint
            trainer.loadWeights(json.at("adapter").at("base").get<std::string>());
        }
        const auto checkpoint = folder / "checkpoint.safetensors";
        if (argc > 3 && !std::strcmp(argv[3], "--resume") && std::filesystem::exists(checkpoint)) {
            trainer.load(checkpoint);
        } else if (argc > 4 && !std::strcmp(argv[3], "--from")) {
            trainer.loadWeights(argv[4]);
        }
        std::signal(SIGTERM, [](int) { stopAsked = 1; });
        std::signal(SIGINT, [](int) { stopAsked = 1; });
        base::Control control;
        std::jthread watch([&](std::stop_token token) {
            while (!token.stop_requested()) {
                std::this_thread::sleep_for(std::chrono::milliseconds(200));
                if (stopAsked) {
                    control.requestCancel();
                }
            }
        });
        trainer.run(folder, control, [](base::LogLevel, std::string_view text) {
            std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
        });
    } catch (const base::Cancelled&) {
        std::fprintf(stderr, "stopped; the checkpoint is resumable\n");
        return base::kExitCancelled;
    } catch (const base::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return base::exitCode(error.kind());
    }
    return 0;
}
