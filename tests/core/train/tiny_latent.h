#pragma once
#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <memory>
#include <string>

#include "core/models/catalogue.h"
#include "core/train/latent_student.h"
#include "tests/core/train/gradients.h"
#include "tests/core/train/tiny_pack.h"
#include "tests/support/tiny_published.h"

namespace reelmend::test {

inline train::LatentModel latentModel(const std::filesystem::path& folder, bool greyHoles)
{
    models::LoadOptions how;
    train::LatentModel model;
    models::Autoencoder codec = models::loadAutoencoder(folder / "vae", how);
    model.codec = codec.traits;
    model.encoder = std::move(codec.encoder);
    model.decoder = std::move(codec.decoder);
    model.denoiser = models::loadDenoiser(folder / "transformer", how);
    const models::DenoiserTraits& traits = model.denoiser->traits();
    model.text = at::linspace(-1, 1, traits.textTokens * traits.textChannels)
                     .view({1, traits.textTokens, traits.textChannels});
    model.step = diffusion::residualStep();
    model.greyHoles = greyHoles;
    return model;
}

// Adapters over a tiny Wan, and footage for them.
struct LatentScene {
    TemporaryFolder folder;
    std::unique_ptr<train::ClipPack> pack;
    train::LatentStudentSettings settings;
    bool isInpaint = false;
    c10::Device device = c10::Device(c10::kCPU);

    explicit LatentScene(const std::string& transformer)
    {
        writeTinyWan(folder / "model", transformer);
        writeTinyPack(folder / "tiny.safetensors");
        pack = std::make_unique<train::ClipPack>(folder / "tiny.safetensors");
        settings.adapter = {4, 4, {"attn"}, {}};
        settings.decoderAdapter = models::LoraSettings{2, 2, {}, {}};
        isInpaint = transformer == "wan_vace";
    }

    train::Batch batch() const
    {
        train::BatchSettings batches;
        batches.crop = 32;
        batches.clips = 2;
        batches.frames = 9;
        batches.longShare = 0;
        batches.conditions.fill(0);
        batches.conditions[static_cast<std::size_t>(
            isInpaint ? models::LiteCondition::kInpaint : models::LiteCondition::kRepair)] = 1;
        return train::drawBatch(*pack, batches, 1, 2, 3);
    }

    std::unique_ptr<train::LatentStudent> student() const
    {
        train::LatentModel model = latentModel(folder / "model", isInpaint);
        model.device = device;
        auto made = std::make_unique<train::LatentStudent>(std::move(model), settings, nullptr);
        auto random = at::make_generator<at::CPUGeneratorImpl>(7); // B too: at zero, A would have no gradient
        made->visitTrained([&](const std::string&, at::Tensor& tensor, at::IntArrayRef shape) {
            tensor = (at::randn(shape, random) * 0.1).to(device);
            tensor.requires_grad_(true);
        });
        return made;
    }
};

// By name, on the CPU; none is left behind.
inline Gradients gradientsOf(train::LatentStudent& student, const train::Batch& batch, double share)
{
    train::TeachingStep record;
    train::PhaseClock clock(record, student.device());
    student.backward(batch, 5, share, record, clock);
    Gradients gradients;
    student.visitTrained([&](const std::string& name, at::Tensor& t, at::IntArrayRef) {
        REQUIRE_MESSAGE(t.grad().defined(), name);
        gradients[name] = t.grad().cpu().clone();
        t.mutable_grad().reset();
    });
    return gradients;
}

} // namespace reelmend::test
