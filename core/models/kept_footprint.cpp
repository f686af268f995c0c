#include "core/models/kept_footprint.h"

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/fingerprint.h"
#include "core/base/kept_file.h"

namespace reelmend::models {

namespace {

// To be raised when what a network keeps or computes changes while its names and shapes stay.
constexpr int kRevision = 1;

template <class Codec> std::string fingerprintOf(Codec& codec)
{
    std::string text = codec.traits().family + " " + std::to_string(kRevision);
    codec.visit([&](const std::string& name, at::Tensor&, at::IntArrayRef shape) {
        text += "\n" + name;
        for (const std::int64_t size : shape) {
            text += " " + std::to_string(size);
        }
    });
    return base::textFingerprint(text);
}

template <class Codec>
plan::CodecFootprint kept(
    Codec& codec, std::optional<plan::CodecFootprint> plan::ModelFootprint::*part, const BeforeMeasuring& before)
{
    const auto read = [&](const std::string& text) {
        return plan::modelFootprintFromJson(nlohmann::json::parse(text, nullptr, false)).*part;
    };
    const auto make = [&] {
        if (before) {
            before();
        }
        return measureFootprint(codec);
    };
    const auto write = [&](const plan::CodecFootprint& footprint) {
        plan::ModelFootprint model;
        model.family = codec.traits().family;
        model.*part = footprint;
        return plan::toJson(model).dump(1);
    };
    return base::keptInFile(base::cacheFolder() / ("footprint-" + fingerprintOf(codec) + ".json"), read, make, write);
}

} // namespace

std::string networkFingerprint(CausalDecoder& decoder)
{
    return fingerprintOf(decoder);
}

std::string networkFingerprint(CausalEncoder& encoder)
{
    return fingerprintOf(encoder);
}

plan::CodecFootprint keptFootprint(CausalDecoder& decoder, const BeforeMeasuring& before)
{
    return kept(decoder, &plan::ModelFootprint::decoder, before);
}

plan::CodecFootprint keptFootprint(CausalEncoder& encoder, const BeforeMeasuring& before)
{
    return kept(encoder, &plan::ModelFootprint::encoder, before);
}

} // namespace reelmend::models
