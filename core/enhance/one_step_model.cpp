#include "core/enhance/one_step_model.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/lora_file.h"
#include "core/models/prompt_embedding.h"
#include "core/models/safetensors.h"

namespace reelmend::enhance {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFusionFile = "fusion.safetensors";

base::Error modelError(const fs::path& path, std::string why, std::string hint)
{
    return base::Error(base::ErrorKind::kInput, "\"" + base::pathText(path) + "\" cannot be used to enhance.",
        std::move(why), std::move(hint));
}

bool isCheckpoint(const fs::path& file)
{
    const std::string name = base::pathText(file.filename());
    return name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json") || name.ends_with(".pth");
}

bool namesAutoencoder(const fs::path& file)
{
    std::string name = base::pathText(file.filename());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name.find("vae") != std::string::npos && name.find("vace") == std::string::npos;
}

// The adapters that are meant for a part, put into its weights.
template <class Network>
std::unique_ptr<Network> adapted(
    std::unique_ptr<Network> network, const std::vector<Adapter>& adapters, models::LoraPart part)
{
    for (const Adapter& adapter : adapters) {
        if (models::loraPart(adapter.file) == part) {
            const auto visit = [&](const models::ParameterVisitor& visitor) { network->visit(visitor); };
            models::mergeLora(visit, models::readLora(adapter.file, visit).lora, adapter.strength);
        }
    }
    return network;
}

// Mirage's convolution out of a file of its own.
std::unique_ptr<models::CausalDecoder> fused(std::unique_ptr<models::CausalDecoder> decoder, const fs::path& path)
{
    if (path.empty()) {
        return decoder;
    }
    const models::SafetensorsFile file(path);
    decoder->visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
        if (!name.starts_with("decoder.fusion.")) {
            return;
        }
        const auto* stored = file.find(name);
        if (!stored || at::IntArrayRef(stored->shape) != shape) {
            throw base::Error(base::ErrorKind::kInput,
                "\"" + base::pathText(path) + "\" does not fit the autoencoder.",
                stored ? "Its tensor \"" + name + "\" has another shape." : "It lacks the tensor \"" + name + "\".",
                "Choose the file that was trained with this autoencoder, or take it out of the folder.");
        }
        models::ReadOptions how;
        how.options = tensor.options();
        tensor = file.read(*stored, how);
    });
    return decoder;
}

// Whether the transformer's context is VACE's of this autoencoder: two latents and a folded mask.
bool contextFits(const models::CodecTraits& codec, const models::DenoiserTraits& denoiser)
{
    const int folded = codec.spatialStride * codec.spatialStride;
    return denoiser.contextChannels == 0 || denoiser.contextChannels == 2 * codec.latentChannels + folded;
}

} // namespace

OneStepFiles oneStepFiles(const fs::path& folder)
{
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) {
        throw modelError(folder, "It is not a folder, and a published model is more than one file.",
            "Choose the folder that holds the transformer and the vae.");
    }
    OneStepFiles files;
    if (fs::is_directory(folder / "transformer", ignored)) {
        files.transformer = folder / "transformer";
    }
    if (fs::is_directory(folder / "vae", ignored)) {
        files.autoencoder = folder / "vae";
    }
    std::vector<fs::path> autoencoders, others;
    for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
        if (isCheckpoint(entry->path()) && entry->path().filename() != kFusionFile) {
            (namesAutoencoder(entry->path()) ? autoencoders : others).push_back(entry->path());
        }
    }
    if (files.autoencoder.empty() && autoencoders.size() == 1) {
        files.autoencoder = autoencoders.front();
    }
    if (files.transformer.empty()) {
        const auto found = std::find_if(others.begin(), others.end(), [](const fs::path& file) {
            const std::string name = base::pathText(file.filename());
            return name.starts_with("diffusion_pytorch_model.safetensors"); // the file, or the index of its shards
        });
        if (found != others.end() || others.size() == 1) {
            files.transformer = found != others.end() ? *found : others.front();
        }
    }
    if (fs::is_regular_file(folder / kFusionFile, ignored)) {
        files.fusion = folder / kFusionFile;
    }
    for (const auto& [file, part] :
        {std::pair(files.transformer, "transformer"), std::pair(files.autoencoder, "vae")}) {
        if (file.empty()) {
            throw modelError(folder, std::string("The folder holds no ") + part + ", or several.",
                "Put one transformer and one autoencoder into it, or into its folders transformer and vae.");
        }
    }
    return files;
}

OneStepModel OneStepModel::open(const OneStepFiles& files, const OneStepPrecision& precision)
{
    Parts parts;
    models::LoadOptions nothing;
    nothing.encoder = nothing.decoder = false;
    nothing.fusesFrames = !files.fusion.empty();
    parts.codec = models::loadAutoencoder(files.autoencoder, nothing).traits;
    parts.denoiser = models::denoiserTraits(files.transformer);
    for (const Adapter& adapter : files.adapters) {
        models::loraPart(adapter.file); // refuses now what is no adapter
    }
    const auto options = [device = precision.device, fuses = !files.fusion.empty()](
                             at::ScalarType dtype, bool encoder) {
        models::LoadOptions how;
        how.fusesFrames = fuses;
        how.device = device;
        how.dtype = dtype;
        how.encoder = encoder;
        how.decoder = !encoder;
        return how;
    };
    parts.makeEncoder = [=] {
        return std::move(models::loadAutoencoder(files.autoencoder, options(precision.encoder, true)).encoder);
    };
    parts.makeDecoder = [=] {
        return adapted(
            fused(std::move(models::loadAutoencoder(files.autoencoder, options(precision.decoder, false)).decoder),
                files.fusion),
            files.adapters, models::LoraPart::kDecoder);
    };
    parts.makeDenoiser = [=] {
        return adapted(models::loadDenoiser(files.transformer, options(precision.transformer, false)), files.adapters,
            models::LoraPart::kDenoiser);
    };
    return OneStepModel(std::move(parts), precision);
}

OneStepModel::OneStepModel(Parts parts, const OneStepPrecision& precision)
    : parts_(std::move(parts))
    , precision_(precision)
{
    const auto& codec = parts_.codec;
    const auto& denoiser = parts_.denoiser;
    const std::string family = codec.family.substr(0, codec.family.find('-'));
    const bool fits = denoiser.family.starts_with(family) && denoiser.inputChannels == codec.latentChannels &&
                      denoiser.latentChannels == codec.latentChannels && contextFits(codec, denoiser);
    if (!fits) {
        throw base::Error(base::ErrorKind::kInput, "The autoencoder and the transformer do not belong together.",
            "The autoencoder is of the family " + codec.family + " with " + std::to_string(codec.latentChannels) +
                " latent channels; the transformer is of the family " + denoiser.family + " and takes " +
                std::to_string(denoiser.inputChannels) +
                (denoiser.contextChannels > 0 ? " and a context of " + std::to_string(denoiser.contextChannels)
                                              : "") +
                ".",
            "Choose the autoencoder that was published with the transformer.");
    }
    if (codec.latentMean.empty()) {
        throw base::Error(base::ErrorKind::kInput, "The autoencoder cannot be used for enhancing.",
            "Its latents' mean and deviation are not known.", "Put its config.json beside it.");
    }
}

const models::CausalEncoder& OneStepModel::encoder()
{
    if (!encoder_) {
        release();
        encoder_ = parts_.makeEncoder();
    }
    return *encoder_;
}

const models::Denoiser& OneStepModel::denoiser()
{
    if (!denoiser_) {
        release();
        denoiser_ = parts_.makeDenoiser();
    }
    return *denoiser_;
}

const models::CausalDecoder& OneStepModel::decoder()
{
    if (!decoder_) {
        release();
        decoder_ = parts_.makeDecoder();
    }
    return *decoder_;
}

void OneStepModel::release()
{
    encoder_.reset();
    denoiser_.reset();
    decoder_.reset();
}

at::Tensor OneStepModel::encoded(const at::Tensor& video, const models::EvaluationPlan& plan,
    const base::Control& control, std::vector<models::Skips>* skips)
{
    std::vector<at::Tensor> parts;
    models::encodeClip(encoder(), video.to(precision_.device, precision_.encoder), plan, control,
        [&](const at::Tensor& latents, const models::Skips& features) {
            parts.push_back(latents.to(at::kCPU, at::kFloat));
            if (skips) {
                models::Skips& kept = skips->emplace_back();
                for (const at::Tensor& level : features) {
                    kept.push_back(level.to(at::kCPU, precision_.decoder)); // the encoder is about to leave
                }
            }
        });
    return at::cat(parts, 2);
}

at::Tensor OneStepModel::decoded(const at::Tensor& latents, const models::EvaluationPlan& plan,
    const base::Control& control, const std::vector<models::Skips>& skips)
{
    std::vector<models::Skips> features = skips;
    for (models::Skips& group : features) {
        for (at::Tensor& level : group) {
            level = level.to(precision_.device, precision_.decoder);
        }
    }
    const at::Tensor z = models::denormalised(codec(), latents).to(precision_.device, precision_.decoder);
    std::vector<at::Tensor> parts;
    models::decodeClip(decoder(), z, features, plan, control,
        [&](const at::Tensor& frames) { parts.push_back(frames.to(at::kCPU, at::kFloat)); });
    return at::cat(parts, 2);
}

namespace {

at::Tensor fitted(
    const fs::path& path, const at::Tensor& prompt, const std::string& name, const models::DenoiserTraits& traits)
{
    const auto refuse = [&](std::string why) {
        return base::Error(base::ErrorKind::kInput,
            "\"" + base::pathText(path) + "\" cannot be used as a prompt embedding.", std::move(why),
            "Choose a file that was made with this model's text encoder.");
    };
    const std::int64_t tokens = prompt.size(0);
    if (prompt.size(1) != traits.textChannels) {
        throw refuse("The tensor \"" + name + "\" is not [tokens, " + std::to_string(traits.textChannels) +
                     "], which the transformer takes.");
    }
    if (tokens > traits.textTokens) {
        throw refuse("It has " + std::to_string(tokens) + " tokens, and the transformer takes " +
                     std::to_string(traits.textTokens) + " at most.");
    }
    return models::paddedPrompt(prompt, traits.textTokens);
}

} // namespace

at::Tensor promptEmbedding(const fs::path& path, const models::DenoiserTraits& traits)
{
    const models::PromptEmbedding embedding = models::readPromptEmbedding(path);
    return fitted(path, embedding.prompt, embedding.name, traits);
}

at::Tensor negativePromptEmbedding(const fs::path& path, const models::DenoiserTraits& traits)
{
    const models::PromptEmbedding embedding = models::readPromptEmbedding(path);
    return embedding.negative.defined() ? fitted(path, embedding.negative, "negative_prompt_embedding", traits)
                                        : at::Tensor();
}

} // namespace reelmend::enhance
