#include "core/models/catalogue.h"
#include "core/models/cogvideox_transformer.h"

// CogVideoX's transformer as an entry of the catalogue.
namespace reelmend::models {

namespace {

DenoiserTraits traits(const WeightStore& store)
{
    return detectCogVideoX(store).config.traits();
}

std::string titleOf(const CogVideoXConfig& config)
{
    return std::string(config.patchTime > 0 ? "CogVideoX 1.5 transformer" : "CogVideoX transformer") +
           (config.inputChannels > config.outputChannels ? " (image to video)" : "") + ", " +
           std::to_string(config.layers) + " layers of " + std::to_string(config.channels()) + " channels";
}

void describe(const WeightStore& store, ModelDescription& description)
{
    const DetectedCogVideoX found = detectCogVideoX(store);
    const auto network = makeCogVideoXTransformer(found.config);
    description.kind = "denoiser";
    description.title = titleOf(found.config);
    description.licence =
        "CogVideoX-5B and its derivatives, DOVE among them, are under the CogVideoX licence: research "
        "is free, commercial use needs a registration. CogVideoX-2B is under Apache-2.0.";
    description.names = "diffusers";
    description.footprint.denoiser = network->footprint();
    checkParameters([&](const ParameterVisitor& visitor) { network->visit(visitor); }, {}, store,
        [&](const std::string& name) { return found.prefix + name; }, "a CogVideoX transformer");
}

} // namespace

const DenoiserFamily& cogVideoXFamily()
{
    static const DenoiserFamily family = {
        "cogvideox-transformer", looksLikeCogVideoX, describe, traits, loadCogVideoXTransformer};
    return family;
}

} // namespace reelmend::models
