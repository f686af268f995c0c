#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/models/catalogue.h"
#include "core/models/lite.h"
#include "core/models/lite_file.h"

// The bundled network as an entry of the catalogue.
namespace reelmend::models {

namespace {

bool matches(const WeightStore& store)
{
    return store.files().size() == 1 && looksLikeLite(store.files().front());
}

void describe(const WeightStore& store, ModelDescription& description, const BeforeMeasuring&)
{
    const LiteWeights weights = loadLite(store.files().front()); // small; says what is missing or not finite
    description.kind = "network";
    description.title = "lite, one step for every task";
    description.licence = "Comes with this program: GPL-3.0-or-later. What it was trained on stands in "
                          "docs/model-card.md; a copy trained further may carry other conditions.";
    description.names = "reelmend";
    const std::string name = description.footprint.name;
    description.footprint = liteFootprint(weights.config);
    description.footprint.name = name;
}

Autoencoder load(const WeightStore& store, const LoadOptions& options)
{
    const LiteWeights weights = loadLite(store.files().front());
    if (options.condition < 0 || options.condition >= weights.config.conditions) {
        throw base::Error(base::ErrorKind::kUsage, "This network has no such task.",
            "It was made for " + std::to_string(weights.config.conditions) + " kinds of work.",
            "Choose another task.");
    }
    auto plain = std::make_shared<LiteWeights>(
        folded(weights, options.condition, weights.dial(options.condition, options.detail), options.dtype));
    moveParameters([&](const ParameterVisitor& visitor) { plain->visit(visitor); },
        at::TensorOptions(options.device).dtype(options.dtype));
    Autoencoder loaded;
    loaded.identity =
        "lite/" + std::to_string(weights.config.latentChannels) + "ch/" + std::to_string(weights.config.cell()) + "x";
    auto encoder = std::make_unique<LiteEncoder>(plain);
    loaded.traits = encoder->traits();
    if (options.decoder) {
        loaded.decoder = std::make_unique<LiteDecoder>(plain);
    }
    if (options.encoder) {
        loaded.encoder = std::move(encoder);
    }
    return loaded;
}

} // namespace

const AutoencoderFamily& liteFamily()
{
    static const AutoencoderFamily family = {"lite", matches, describe, load};
    return family;
}

} // namespace reelmend::models
