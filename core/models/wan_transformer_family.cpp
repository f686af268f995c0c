#include <ATen/ATen.h>

#include <algorithm>

#include "core/models/catalogue.h"
#include "core/models/wan_transformer.h"
#include "core/models/wan_transformer_blocks.h"

// Wan's transformer and VACE as an entry of the catalogue, and what they cost.
namespace reelmend::models {

namespace {

const char* titleOf(const WanTransformerConfig& config)
{
    return config.isVace() ? "Wan2.1 VACE transformer" : "Wan2.1 transformer";
}

// The parameters of which `wide` is or is not true (Note [Wide islands]).
VisitFunction partOf(Denoiser& network, bool wide)
{
    return [&network, wide](const ParameterVisitor& visitor) {
        network.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
            if (wan::isWideParameter(name) == wide) {
                visitor(name, tensor, shape);
            }
        });
    };
}

VisitFunction allOf(Denoiser& network)
{
    return [&network](const ParameterVisitor& visitor) { network.visit(visitor); };
}

std::unique_ptr<Denoiser> load(const WeightStore& store, const LoadOptions& options)
{
    const DetectedWanTransformer found = detectWanTransformer(store);
    auto network = makeWanTransformer(found.config);
    const auto storedName = [&](const std::string& name) { return wanTransformerStoredName(found, name); };
    checkParameters(allOf(*network), {}, store, storedName, std::string("a ") + titleOf(found.config));
    loadParameters(partOf(*network, false), store, storedName, options);
    LoadOptions wide = options;
    wide.dtype = wan::wideType(options.dtype);
    loadParameters(partOf(*network, true), store, storedName, wide);
    return network;
}

DenoiserTraits traits(const WeightStore& store)
{
    return detectWanTransformer(store).config.traits();
}

void describe(const WeightStore& store, ModelDescription& description)
{
    const DetectedWanTransformer found = detectWanTransformer(store);
    const auto network = makeWanTransformer(found.config);
    description.kind = "denoiser";
    description.title =
        std::string(titleOf(found.config)) + ", " + std::to_string(found.config.layers) + " layers of " +
        std::to_string(found.config.channels()) + " channels" +
        (found.config.isVace() ? ", " + std::to_string(found.config.vaceLayers.size()) + " side blocks"
                               : std::string());
    description.licence = "Published by Wan-AI under Apache-2.0; a retrained copy may carry another licence.";
    description.names = found.names == WanTransformerNames::kOriginal ? "original" : "diffusers";
    description.footprint.denoiser = network->footprint();
    checkParameters(
        allOf(*network), {}, store, [&](const std::string& name) { return wanTransformerStoredName(found, name); },
        std::string("a ") + titleOf(found.config));
}

} // namespace

plan::DenoiserFootprint wanTransformerFootprint(const WanTransformerConfig& config)
{
    const auto d = static_cast<double>(config.channels()), f = static_cast<double>(config.ffnChannels);
    const auto blocks = static_cast<double>(config.layers) + static_cast<double>(config.vaceLayers.size());
    const int cells = config.patch[0] * config.patch[1] * config.patch[2];
    const DenoiserTraits traits = config.traits();
    plan::DenoiserFootprint p;
    const auto network = makeWanTransformer(config);
    p.parameters = countParameters(allOf(*network));
    p.inputChannels = config.inputChannels;
    p.latentChannels = config.outputChannels;
    p.patchTime = config.patch[0];
    p.patchHeight = config.patch[1];
    p.patchWidth = config.patch[2];
    p.textTokens = traits.textTokens;
    // Matrix products of a block: four in the attention over the clip, two in that to the text (whose keys and values
    // are the text's), two in the feed-forward network; then the scores of the text.
    const double ends = 2.0 * cells * d * (config.inputChannels + config.outputChannels + config.contextChannels);
    const double sideLayers = config.isVace() ? 2 * d * d * (static_cast<double>(config.vaceLayers.size()) + 1) : 0;
    p.flops = blocks * (2 * 6 * d * d + 2 * 2 * d * f + 4 * d * traits.textTokens) + ends + sideLayers;
    p.attentionFlops = blocks * 4 * d;
    // What autograd keeps of a block: of the attention over the clip 11 tensors of the tokens' width (its input, the
    // normed one; of queries and keys each the product, the normed and the rotated one; values, what was seen, the
    // product before the gate), of that to the text 6, of the feed-forward network 3 and two of the inner width.
    const double block = 20 * d + 2 * f;
    p.saved = blocks * block + 4 * d;
    p.savedCheckpointed = blocks * d + block;
    // Tokens, normed tokens, and the larger of: queries, keys and what norms them; the inner width.
    p.workElements = 3 * d + std::max(5 * d, f) + (config.isVace() ? 3 * d : 0);
    return p;
}

const DenoiserFamily& wanTransformerFamily()
{
    static const DenoiserFamily family = {"wan2.1-transformer", looksLikeWanTransformer, describe, traits, load};
    return family;
}

} // namespace reelmend::models
