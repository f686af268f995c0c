#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/control.h"
#include "core/models/catalogue.h"
#include "core/models/evaluate.h"

namespace reelmend::enhance {

// A low-rank adapter over a part's weights; what it changes is written in the file: see models::loraPart().
struct Adapter {
    std::filesystem::path file;
    double strength = 1;
};

// Where the parts of a published model lie.
struct OneStepFiles {
    std::filesystem::path transformer, autoencoder;
    std::filesystem::path fusion; // Mirage's convolution, decoder.fusion.weight and .bias; empty = none beside
    std::vector<Adapter> adapters;
};
// `folder`: a diffusers pipeline (transformer/ and vae/), or one that holds a transformer's checkpoint and an
// autoencoder with "vae" in its name (Wan's own release; single files put together), and perhaps fusion.safetensors.
// Throws base::Error(kInput) that says which of the two is missing.
OneStepFiles oneStepFiles(const std::filesystem::path& folder);

struct OneStepPrecision {
    at::ScalarType transformer = at::kFloat;
    at::ScalarType decoder = at::kFloat;
    at::ScalarType encoder = at::kFloat; // bf16 latents visibly degrade what is built on them
    c10::Device device = c10::Device(c10::kCPU);
};

// Encoder, transformer and decoder, of which one is in memory at a time: each is loaded when it is asked for, and the
// one before it is released first (from a page cache that is warm this costs little beside a window's work). Owned
// and used by one thread.
class OneStepModel {
public:
    // How each part is made; tests hand in their own.
    struct Parts {
        models::CodecTraits codec;
        models::DenoiserTraits denoiser;
        std::function<std::unique_ptr<models::CausalEncoder>()> makeEncoder;
        std::function<std::unique_ptr<models::Denoiser>()> makeDenoiser;
        std::function<std::unique_ptr<models::CausalDecoder>()> makeDecoder;
    };

    // Reads headers alone. Throws base::Error(kInput) when a file is no such model or the two do not belong together.
    static OneStepModel open(const OneStepFiles& files, const OneStepPrecision& precision);
    // Throws base::Error(kInput) as open().
    OneStepModel(Parts parts, const OneStepPrecision& precision);

    const models::CodecTraits& codec() const { return parts_.codec; }
    const models::DenoiserTraits& denoiserTraits() const { return parts_.denoiser; }
    const OneStepPrecision& precision() const { return precision_; }
    bool takesContext() const { return parts_.denoiser.contextChannels > 0; }

    // Valid until another part is asked for.
    const models::CausalEncoder& encoder();
    const models::Denoiser& denoiser();
    const models::CausalDecoder& decoder();
    void release();

    // A video [1, 3, time, height, width] through the encoder, and latents in the denoiser's space through the
    // decoder: what comes out is float32 on the CPU. The encoder gives what models::encodeClip gives (a posterior's
    // parameters). `skips`: where the encoder's features go, for the decoder; null = they are not kept.
    at::Tensor encoded(const at::Tensor& video, const models::EvaluationPlan& plan, const base::Control& control,
        std::vector<models::Skips>* skips = nullptr);
    at::Tensor decoded(const at::Tensor& latents, const models::EvaluationPlan& plan, const base::Control& control,
        const std::vector<models::Skips>& skips = {});

private:
    Parts parts_;
    OneStepPrecision precision_;
    std::unique_ptr<models::CausalEncoder> encoder_;
    std::unique_ptr<models::Denoiser> denoiser_;
    std::unique_ptr<models::CausalDecoder> decoder_;
};

// The prompt of models::readPromptEmbedding() for a transformer, filled up with zeros to the tokens that it was
// trained with: [1, textTokens, textChannels], float32. Throws base::Error(kInput).
at::Tensor promptEmbedding(const std::filesystem::path& file, const models::DenoiserTraits& traits);
// What the picture should not be, likewise; undefined where the file does not say.
at::Tensor negativePromptEmbedding(const std::filesystem::path& file, const models::DenoiserTraits& traits);

} // namespace reelmend::enhance
