#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/models/catalogue.h"
#include "core/models/wan_vae.h"

// The Wan2.1 autoencoder as an entry of the catalogue.
namespace reelmend::models {

namespace {

VisitFunction visitorOf(CausalEncoder* encoder, CausalDecoder* decoder)
{
    return [=](const ParameterVisitor& visitor) {
        if (encoder) {
            encoder->visit(visitor);
        }
        if (decoder) {
            decoder->visit(visitor);
        }
    };
}

// Mirage's convolution where the file has none: at zero it changes nothing.
void addFusion(const VisitFunction& visit, const LoadOptions& options)
{
    visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
        if (name.starts_with("decoder.fusion.")) {
            tensor = at::zeros(shape, at::TensorOptions(options.device).dtype(options.dtype));
        }
    });
}

VisitFunction withoutFusion(const VisitFunction& visit)
{
    return [visit](const ParameterVisitor& visitor) {
        visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
            if (!name.starts_with("decoder.fusion.")) {
                visitor(name, tensor, shape);
            }
        });
    };
}

void requireFusible(const WeightStore& store, const DetectedWanVae& found)
{
    if (!found.hasEncoder || !found.hasDecoder || found.config.fusionLevel() < 0) {
        throw base::Error(base::ErrorKind::kInput,
            "\"" + store.label() + "\" cannot be given features of single frames.",
            "That takes an encoder and a decoder with a step in time between them.",
            "Choose the whole autoencoder of a Wan2.1 model.");
    }
}

Autoencoder load(const WeightStore& store, const LoadOptions& options)
{
    DetectedWanVae found = detectWanVae(store);
    const bool addsFusion = options.fusesFrames && !found.config.fusesFrames;
    if (addsFusion) {
        requireFusible(store, found);
        found.config.fusesFrames = true;
    }
    auto encoder = makeWanEncoder(found.config);
    auto decoder = makeWanDecoder(found.config);
    const bool wantsEncoder = options.encoder && found.hasEncoder, wantsDecoder = options.decoder && found.hasDecoder;
    const auto all = visitorOf(wantsEncoder ? encoder.get() : nullptr, wantsDecoder ? decoder.get() : nullptr);
    const auto wanted = addsFusion ? withoutFusion(all) : all;
    const auto storedName = [&](const std::string& name) { return wanVaeStoredName(found, name); };
    checkParameters(wanted, visitorOf(encoder.get(), decoder.get()), store, storedName, "a Wan2.1 autoencoder");
    loadParameters(wanted, store, storedName, options);
    if (addsFusion) {
        addFusion(all, options);
    }

    Autoencoder loaded;
    loaded.traits = found.config.traits();
    loaded.identity = "wan2.1/" + std::to_string(found.config.latentChannels) + "ch/" +
                      std::to_string(found.config.spatialStride()) + "x";
    loaded.encoder = wantsEncoder ? std::move(encoder) : nullptr;
    loaded.decoder = wantsDecoder ? std::move(decoder) : nullptr;
    return loaded;
}

void describe(const WeightStore& store, ModelDescription& description, const BeforeMeasuring& before)
{
    const DetectedWanVae found = detectWanVae(store);
    auto encoder = found.hasEncoder ? makeWanEncoder(found.config) : nullptr;
    auto decoder = found.hasDecoder ? makeWanDecoder(found.config) : nullptr;
    const auto visit = visitorOf(encoder.get(), decoder.get());
    checkParameters(
        visit, {}, store, [&](const std::string& name) { return wanVaeStoredName(found, name); },
        "a Wan2.1 autoencoder");
    description.kind = "autoencoder";
    description.title =
        found.config.fusesFrames ? "Wan2.1 video autoencoder with Mirage's fused frames" : "Wan2.1 video autoencoder";
    description.licence = "Published by Wan-AI under Apache-2.0; a retrained copy may carry another licence.";
    description.names = found.names == WanVaeNames::kOriginal ? "original" : "diffusers";
    if (encoder) {
        description.footprint.encoder = keptFootprint(*encoder, before);
    }
    if (decoder) {
        // Mirage's convolution is one among dozens, and takes what a measurement would have to make up: left out.
        WanVaeConfig plain = found.config;
        plain.fusesFrames = false;
        description.footprint.decoder = keptFootprint(*makeWanDecoder(plain), before);
    }
}

} // namespace

const AutoencoderFamily& wanVaeFamily()
{
    static const AutoencoderFamily family = {"wan2.1", looksLikeWanVae, describe, load};
    return family;
}

} // namespace reelmend::models
