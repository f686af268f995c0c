#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/models/causal_codec.h"
#include "core/models/denoiser.h"
#include "core/models/kept_footprint.h"
#include "core/models/load.h"

// What the program knows how to run, and what a file is.
namespace reelmend::models {

struct Autoencoder {
    std::string identity; // of latents made by it: family and a fingerprint of the config
    CodecTraits traits;
    std::unique_ptr<CausalEncoder> encoder; // null where not asked for
    std::unique_ptr<CausalDecoder> decoder;
};

// What `models inspect` says before anything is loaded.
struct ModelDescription {
    std::string family;  // "wan2.1", …; "" = not known
    std::string kind;    // "autoencoder", "network" (encoder, denoiser and decoder), "denoiser", "lora", "prompt
                         // embedding", "text encoder", "unknown"
    std::string title;   // a line for people
    std::string licence; // what is known about the licence, and what to check
    std::string names;   // how tensors are spelt: "diffusers", "original"
    std::vector<std::string> dtypes;
    std::uint64_t fileBytes = 0; // of the tensors
    std::int64_t tensors = 0;
    std::int64_t parameters = 0;
    plan::ModelFootprint footprint;
    std::vector<std::string> problems; // why it cannot be run, in sentences
};

// `path` as WeightStore::open takes it. The first time for a kind of network its costs are measured, which may take a
// quarter of a minute: `before` is called then. Throws base::Error(kInput).
ModelDescription describeModel(const std::filesystem::path& path, const BeforeMeasuring& before = {});
Autoencoder loadAutoencoder(const std::filesystem::path& path, const LoadOptions& options);
std::unique_ptr<Denoiser> loadDenoiser(const std::filesystem::path& path, const LoadOptions& options);
DenoiserTraits denoiserTraits(const std::filesystem::path& path); // from names and shapes alone

// One family of autoencoders; the list of them stands in catalogue.cpp.
struct AutoencoderFamily {
    const char* name;
    bool (*matches)(const WeightStore& store);
    void (*describe)(const WeightStore& store, ModelDescription& description, const BeforeMeasuring& before);
    Autoencoder (*load)(const WeightStore& store, const LoadOptions& options);
};
const AutoencoderFamily& wanVaeFamily();
const AutoencoderFamily& cogVideoXVaeFamily();
const AutoencoderFamily& liteFamily();

// One family of denoisers that are files of their own; the list stands beside the other one.
struct DenoiserFamily {
    const char* name;
    bool (*matches)(const WeightStore& store);
    void (*describe)(const WeightStore& store, ModelDescription& description);
    DenoiserTraits (*traits)(const WeightStore& store);
    std::unique_ptr<Denoiser> (*load)(const WeightStore& store, const LoadOptions& options);
};
const DenoiserFamily& wanTransformerFamily(); // VACE too
const DenoiserFamily& cogVideoXFamily();

} // namespace reelmend::models
