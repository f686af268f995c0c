#include <ATen/ATen.h>

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

Autoencoder load(const WeightStore& store, const LoadOptions& options)
{
    const DetectedWanVae found = detectWanVae(store);
    auto encoder = makeWanEncoder(found.config);
    auto decoder = makeWanDecoder(found.config);
    const bool wantsEncoder = options.encoder && found.hasEncoder, wantsDecoder = options.decoder && found.hasDecoder;
    const auto wanted = visitorOf(wantsEncoder ? encoder.get() : nullptr, wantsDecoder ? decoder.get() : nullptr);
    const auto storedName = [&](const std::string& name) { return wanVaeStoredName(found, name); };
    checkParameters(wanted, visitorOf(encoder.get(), decoder.get()), store, storedName, "a Wan2.1 autoencoder");
    loadParameters(wanted, store, storedName, options);

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
    description.title = "Wan2.1 video autoencoder";
    description.licence = "Published by Wan-AI under Apache-2.0; a retrained copy may carry another licence.";
    description.names = found.names == WanVaeNames::kOriginal ? "original" : "diffusers";
    if (encoder) {
        description.footprint.encoder = keptFootprint(*encoder, before);
    }
    if (decoder) {
        description.footprint.decoder = keptFootprint(*decoder, before);
    }
}

} // namespace

const AutoencoderFamily& wanVaeFamily()
{
    static const AutoencoderFamily family = {"wan2.1", looksLikeWanVae, describe, load};
    return family;
}

} // namespace reelmend::models
