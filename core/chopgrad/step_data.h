#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/chopgrad/group_chain.h"
#include "core/models/denoiser.h"
#include "core/perceptual/losses.h"
#include "core/plan/gradient_schedule.h"

// What a measured gradient step runs over: its networks and seeded random clips.
namespace reelmend::chopgrad {

// With respect to what a step's gradients are.
enum class Variables { kLatents, kDecoder, kDenoiser };

// The networks of a step; all outlive it.
struct StepNetworks {
    StepNetworks(models::CausalDecoder& decoderNetwork, const models::CausalEncoder* encoderNetwork = nullptr,
        models::Denoiser* denoiserNetwork = nullptr)
        : decoder(decoderNetwork)
        , encoder(encoderNetwork)
        , denoiser(denoiserNetwork)
    {}

    models::CausalDecoder& decoder;
    const models::CausalEncoder* encoder; // where the decoder takes features, it makes them and the latents
    models::Denoiser* denoiser;           // where gradients of its weights are asked for
};

struct StepCase {
    plan::GradientSchedule schedule;
    models::OperatorSet operators = models::OperatorSet::kLean;
    std::int64_t frames = 17;
    std::int64_t width = 128, height = 64; // of the frames, in pixels
    std::uint64_t seed = 1;                // of the latents and the target
    std::string loss = "mse";
    perceptual::LossOptions lossOptions; // what the loss needs beside its target: a network, a seed
    Variables variables = Variables::kLatents;
    std::filesystem::path diskFolder;
};

// Frame counts that a decoder's groups can make: the number of latents for `frames`. Throws base::Error(kUsage) that
// names the nearest counts. `stills`: every latent gives the frames of a first group.
std::int64_t latentsForFrames(const models::CausalDecoder& decoder, std::int64_t frames, bool stills = false);

// Throws base::Error(kUsage) that names the nearest sizes for one that the decoder's stride does not divide, or the
// nearest frame counts.
void checkSize(const models::CausalDecoder& decoder, const StepCase& step);

// Latents and target of a case: seeded, of order 1 and in [-1, 1]. Where the decoder takes features, both come from
// the encoder's pass over seeded frames.
struct StepData {
    ClipLatents clip;
    at::Tensor target;
};
// Throws as checkSize(), and base::Error(kUnavailable) for a decoder that takes features without an encoder.
StepData stepData(const StepNetworks& networks, const StepCase& step, const at::TensorOptions& options);

// Features of one group (the first of a shot or a later one) for a latent grid, as measureCosts() asks for them; null
// for a decoder that takes none. `networks` outlive it.
std::function<models::Skips(bool isFirst, std::int64_t height, std::int64_t width)> skipsMaker(
    const StepNetworks& networks, const at::TensorOptions& options);

// The denoiser's clean latents from degraded ones, as runTrainingStep() calls it: its own x0 formula, its fixed
// timestep (200 where it knows none), seeded text, no context, task 0. Both are in the space of the autoencoder with
// the traits `codec`; where that has a mean and standard deviation, the denoiser sees normalised latents. Throws
// base::Error(kUsage) for a denoiser of another number of latent channels.
std::function<at::Tensor()> denoising(const models::Denoiser& denoiser, const models::CodecTraits& codec,
    const at::Tensor& degraded, std::uint64_t seed);

// All weights of the denoiser, made to require gradient.
std::vector<at::Tensor> trainedWeights(models::Denoiser& denoiser);

} // namespace reelmend::chopgrad
