#include <ATen/ATen.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/models/catalogue.h"
#include "core/models/cogvideox_transformer.h"

// CogVideoX's transformer as an entry of the catalogue, and what it costs.
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

StoredPiecesOf piecesOf(const DetectedCogVideoX& found)
{
    return [&found](const std::string& name) { return cogVideoXStoredPieces(found, name); };
}

void check(Denoiser& network, const WeightStore& store, const DetectedCogVideoX& found)
{
    // What may lie beside is known by its stored name alone.
    std::set<std::string> beside;
    for (const auto& [name, place] : store.places()) {
        if (isBesideCogVideoX(found, name)) {
            beside.insert(name);
        }
    }
    const auto pieces = [&](const std::string& name) {
        StoredPieces itself;
        itself.name = name;
        return beside.contains(name) ? itself : cogVideoXStoredPieces(found, name);
    };
    const auto besides = [&](const ParameterVisitor& visitor) {
        at::Tensor none;
        for (const std::string& name : beside) {
            visitor(name, none, {});
        }
    };
    checkParameters([&](const ParameterVisitor& visitor) { network.visit(visitor); }, besides, store,
        StoredPiecesOf(pieces), "a CogVideoX transformer");
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
    description.names = found.names == CogVideoXNames::kSat ? "original" : "diffusers";
    description.footprint.denoiser = network->footprint();
    check(*network, store, found);
}

} // namespace

std::unique_ptr<Denoiser> loadCogVideoXTransformer(const WeightStore& store, const LoadOptions& options)
{
    const DetectedCogVideoX found = detectCogVideoX(store);
    auto network = makeCogVideoXTransformer(found.config);
    const auto visit = [&](const ParameterVisitor& visitor) { network->visit(visitor); };
    check(*network, store, found);
    loadParameters(visit, store, piecesOf(found), options);
    return network;
}

plan::DenoiserFootprint cogVideoXFootprint(const CogVideoXConfig& config)
{
    const auto d = static_cast<double>(config.channels()), f = static_cast<double>(config.ffnChannels);
    const auto blocks = static_cast<double>(config.layers);
    const double cells = static_cast<double>(config.patch) * config.patch * config.tokenFrames();
    const auto network = makeCogVideoXTransformer(config);
    plan::DenoiserFootprint p;
    p.parameters = countParameters([&](const ParameterVisitor& visitor) { network->visit(visitor); });
    p.inputChannels = config.inputChannels;
    p.latentChannels = config.outputChannels;
    p.patchTime = config.tokenFrames();
    p.patchHeight = p.patchWidth = config.patch;
    p.textTokens = config.textTokens;
    // Matrix products of a block: four around the attention, two in the feed-forward network.
    p.flops =
        blocks * (2 * 4 * d * d + 2 * 2 * d * f) + 2 * cells * d * (config.inputChannels + config.outputChannels);
    p.attentionFlops = blocks * 4 * d;
    // What autograd keeps of a block: of the attention 11 tensors of the tokens' width (its input, the normed and the
    // modulated one; of queries and keys each the product, the normed and the turned one; values, what was seen, the
    // product before the gate), of the feed-forward network 4 and two of the inner width.
    const double block = 15 * d + 2 * f;
    p.saved = blocks * block + 4 * d;
    p.savedCheckpointed = blocks * d + block;
    // Tokens, normed tokens, and the larger of: queries, keys, values and one more; the inner width twice.
    p.workElements = 2 * d + std::max(5 * d, 2 * f);
    return p;
}

const DenoiserFamily& cogVideoXFamily()
{
    static const DenoiserFamily family = {
        "cogvideox-transformer", looksLikeCogVideoX, describe, traits, loadCogVideoXTransformer};
    return family;
}

} // namespace reelmend::models
