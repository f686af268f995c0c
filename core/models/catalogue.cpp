#include "core/models/catalogue.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/models/t5_encoder.h"

namespace reelmend::models {

namespace {

// Every family of autoencoders that the program can run.
const std::vector<const AutoencoderFamily*>& families()
{
    static const std::vector<const AutoencoderFamily*> all = {&wanVaeFamily(), &liteFamily(), &cogVideoXVaeFamily()};
    return all;
}

// And of denoisers.
const std::vector<const DenoiserFamily*>& denoiserFamilies()
{
    static const std::vector<const DenoiserFamily*> all = {&wanTransformerFamily(), &cogVideoXFamily()};
    return all;
}

template <class Family> const Family* familyOf(const WeightStore& store, const std::vector<const Family*>& all)
{
    for (const auto* family : all) {
        if (family->matches(store)) {
            return family;
        }
    }
    return nullptr;
}

// Fills in what `describe` finds out; what it refuses becomes a problem of the description.
template <class Describe> void describeAs(const char* family, ModelDescription& description, const Describe& describe)
{
    description.family = family;
    description.footprint.family = family;
    try {
        describe();
    } catch (const base::Error& error) {
        description.problems.push_back(error.message() + " " + error.why());
    }
}

std::string firstName(const WeightStore& store)
{
    return store.places().empty() ? std::string() : store.places().begin()->first;
}

// Things that are known by sight but not run here yet: a better answer than "unknown".
struct Sight {
    const char* key; // a tensor whose name contains this
    const char* kind;
    const char* title;
    const char* licence;
};
constexpr Sight kSights[] = {
    {"lora_A", "lora", "LoRA weights", ""},
    {"lora_down", "lora", "LoRA weights", ""},
    {"prompt_embedding", "prompt embedding", "A stored prompt embedding", ""},
};

// A text encoder: it runs by itself, before any of the families above.
void describeTextEncoder(const WeightStore& store, ModelDescription& description)
{
    description.kind = "text encoder";
    description.title = "T5 or UMT5 text encoder";
    description.licence = "T5 v1.1 and UMT5 were published by Google under Apache-2.0.";
    try {
        const DetectedT5 found = detectT5(store);
        description.family = description.footprint.family = found.config.family();
        description.title = found.config.biasInEveryLayer ? "UMT5 text encoder (Wan)" : "T5 text encoder (CogVideoX)";
        description.names = found.names == T5Names::kOriginal ? "original" : "transformers";
        checkT5(store, found);
    } catch (const base::Error& error) {
        description.problems.push_back(error.message() + " " + error.why());
    }
}

} // namespace

ModelDescription describeModel(const std::filesystem::path& path, const BeforeMeasuring& before)
{
    const WeightStore store = WeightStore::open(path);
    ModelDescription description;
    std::set<std::string> dtypes;
    for (const auto& [name, place] : store.places()) {
        dtypes.insert(std::string(typeName(place.tensor->type)));
        description.parameters += place.tensor->elements();
    }
    description.dtypes.assign(dtypes.begin(), dtypes.end());
    description.fileBytes = store.bytes();
    description.tensors = static_cast<std::int64_t>(store.places().size());
    description.kind = "unknown";
    description.title = "A model that this program does not know";
    description.footprint.name = store.label();
    if (const auto* family = familyOf(store, families())) {
        describeAs(family->name, description, [&] { family->describe(store, description, before); });
        return description;
    }
    if (const auto* family = familyOf(store, denoiserFamilies())) {
        describeAs(family->name, description, [&] { family->describe(store, description); });
        return description;
    }
    if (looksLikeT5(store)) {
        describeTextEncoder(store, description);
        return description;
    }
    for (const auto& sight : kSights) {
        const bool seen = std::any_of(store.places().begin(), store.places().end(),
            [&](const auto& entry) { return entry.first.find(sight.key) != std::string::npos; });
        if (seen) {
            description.kind = sight.kind;
            description.title = sight.title;
            description.licence = sight.licence;
            description.problems.push_back("This version cannot run it.");
            return description;
        }
    }
    description.problems.push_back("None of its tensor names belongs to a model that this program can run.");
    return description;
}

Autoencoder loadAutoencoder(const std::filesystem::path& path, const LoadOptions& options)
{
    const WeightStore store = WeightStore::open(path);
    if (const auto* family = familyOf(store, families())) {
        return family->load(store, options);
    }
    throw base::Error(base::ErrorKind::kInput, "\"" + store.label() + "\" is not an autoencoder that can be run.",
        "Its tensors are those of another model: the first is \"" + firstName(store) + "\".",
        "Choose the vae folder of the model, or a lite network; reelmend-cli models inspect says what a file is.");
}

namespace {

const DenoiserFamily& denoiserFamily(const WeightStore& store)
{
    if (const auto* family = familyOf(store, denoiserFamilies())) {
        return *family;
    }
    throw base::Error(base::ErrorKind::kInput, "\"" + store.label() + "\" is not a transformer that can be run.",
        "Its tensors are those of another model: the first is \"" + firstName(store) + "\".",
        "Choose the transformer folder of the model; reelmend-cli models inspect says what a file is.");
}

} // namespace

std::unique_ptr<Denoiser> loadDenoiser(const std::filesystem::path& path, const LoadOptions& options)
{
    const WeightStore store = WeightStore::open(path);
    return denoiserFamily(store).load(store, options);
}

DenoiserTraits denoiserTraits(const std::filesystem::path& path)
{
    const WeightStore store = WeightStore::open(path);
    return denoiserFamily(store).traits(store);
}

} // namespace reelmend::models
