#include <ATen/ATen.h>

#include "core/models/catalogue.h"
#include "core/models/cogvideox_vae.h"

// CogVideoX's autoencoder as an entry of the catalogue.
namespace reelmend::models {

namespace {

constexpr const char* kModel = "a CogVideoX autoencoder";

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

// What may lie in a file beside what is asked for: the other half, and what SAT trained with.
VisitFunction alsoKnown(
    const WeightStore& store, const DetectedCogVideoXVae& found, CausalEncoder* encoder, CausalDecoder* decoder)
{
    return [&store, &found, encoder, decoder](const ParameterVisitor& visitor) {
        visitorOf(encoder, decoder)(visitor);
        at::Tensor none;
        for (const auto& [name, place] : store.places()) {
            if (name.starts_with(found.prefix + "loss.")) {
                visitor(name.substr(found.prefix.size()), none, {});
            }
        }
    };
}

Autoencoder load(const WeightStore& store, const LoadOptions& options)
{
    const DetectedCogVideoXVae found = detectCogVideoXVae(store);
    auto encoder = makeCogVideoXEncoder(found.config);
    auto decoder = makeCogVideoXDecoder(found.config);
    const bool wantsEncoder = options.encoder && found.hasEncoder, wantsDecoder = options.decoder && found.hasDecoder;
    const auto wanted = visitorOf(wantsEncoder ? encoder.get() : nullptr, wantsDecoder ? decoder.get() : nullptr);
    const auto storedName = [&](const std::string& name) { return cogVideoXVaeStoredName(found, name); };
    checkParameters(wanted, alsoKnown(store, found, encoder.get(), decoder.get()), store, storedName, kModel);
    loadParameters(wanted, store, storedName, options);

    Autoencoder loaded;
    loaded.traits = found.config.traits();
    loaded.identity = "cogvideox/" + std::to_string(found.config.latentChannels) + "ch/" +
                      std::to_string(found.config.spatialStride()) + "x";
    loaded.encoder = wantsEncoder ? std::move(encoder) : nullptr;
    loaded.decoder = wantsDecoder ? std::move(decoder) : nullptr;
    return loaded;
}

void describe(const WeightStore& store, ModelDescription& description, const BeforeMeasuring& before)
{
    const DetectedCogVideoXVae found = detectCogVideoXVae(store);
    auto encoder = found.hasEncoder ? makeCogVideoXEncoder(found.config) : nullptr;
    auto decoder = found.hasDecoder ? makeCogVideoXDecoder(found.config) : nullptr;
    checkParameters(
        visitorOf(encoder.get(), decoder.get()), alsoKnown(store, found, nullptr, nullptr), store,
        [&](const std::string& name) { return cogVideoXVaeStoredName(found, name); }, kModel);
    description.kind = "autoencoder";
    description.title = "CogVideoX video autoencoder";
    description.licence =
        "Published with CogVideoX-2B under Apache-2.0 and with CogVideoX-5B and its derivatives under "
        "the CogVideoX licence: research is free, commercial use needs a registration.";
    description.names = found.names == CogVideoXVaeNames::kSat ? "original" : "diffusers";
    if (encoder) {
        description.footprint.encoder = keptFootprint(*encoder, before);
    }
    if (decoder) {
        description.footprint.decoder = keptFootprint(*decoder, before);
    }
}

} // namespace

const AutoencoderFamily& cogVideoXVaeFamily()
{
    static const AutoencoderFamily family = {"cogvideox", looksLikeCogVideoXVae, describe, load};
    return family;
}

} // namespace reelmend::models
