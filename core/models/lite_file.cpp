#include "core/models/lite_file.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/lite_adapters.h"

namespace reelmend::models {

namespace {

[[noreturn]] void refuse(const SafetensorsFile& file, const std::string& why)
{
    throw base::Error(base::ErrorKind::kInput,
        "The model file " + base::pathText(file.path()) + " is not a complete lite network.", why,
        "Choose another file, or install the program again if this one came with it.");
}

LiteConfig detect(const SafetensorsFile& file, const std::string& prefix)
{
    const auto shape = [&](const std::string& name) {
        const StoredTensor* tensor = file.find(prefix + name);
        if (!tensor) {
            refuse(file, "It has no tensor " + prefix + name + ".");
        }
        return tensor->shape;
    };
    const auto dimension = [&](const std::string& name, std::size_t index) {
        const auto sizes = shape(name);
        if (index >= sizes.size() || sizes[index] < 1) {
            refuse(file, "The tensor " + prefix + name + " has an unexpected shape.");
        }
        return sizes[index];
    };
    const auto has = [&](const std::string& name) { return file.find(prefix + name) != nullptr; };
    LiteConfig c;
    c.channels.clear();
    c.encoderBlocks.clear();
    c.decoderBlocks.clear();
    const std::int64_t stemInput = dimension("encoder.stem.weight", 1);
    c.patch = std::lround(std::sqrt(static_cast<double>(stemInput) / kLiteInputChannels));
    c.channels.push_back(dimension("encoder.stem.weight", 0));
    constexpr std::size_t kMostLevels = 8;
    while (
        c.channels.size() < kMostLevels && has("encoder.down." + std::to_string(c.channels.size() - 1) + ".weight")) {
        c.channels.push_back(dimension("encoder.down." + std::to_string(c.channels.size() - 1) + ".weight", 0));
    }
    const auto blocks = [&](const std::string& side, std::size_t level) {
        std::int64_t n = 0;
        while (n < 64 &&
               has(side + ".level." + std::to_string(level) + ".block." + std::to_string(n) + ".conv1.weight")) {
            ++n;
        }
        return n;
    };
    for (std::size_t level = 0; level < c.channels.size(); ++level) {
        c.encoderBlocks.push_back(blocks("encoder", level));
        c.decoderBlocks.push_back(blocks("decoder", level));
    }
    c.latentChannels = dimension("encoder.latent.weight", 0);
    c.transformerBlocks = 0;
    while (
        c.transformerBlocks < 64 && has("transformer.block." + std::to_string(c.transformerBlocks) + ".qkv.weight")) {
        ++c.transformerBlocks;
    }
    if (c.transformerBlocks > 0) {
        c.heads = dimension("transformer.block.0.positions", 1);
        c.mlpChannels = dimension("transformer.block.0.mlp1.weight", 0);
        c.overview = has("transformer.block.0.overview");
    }
    c.conditions = dimension("decoder.out.film", 0);
    const auto metadata = file.header().metadata.find("temporal");
    c.temporal = metadata == file.header().metadata.end() || metadata->second != "off";
    // A network of one level has no merging layer to tell by; it always has skips.
    c.skips = c.channels.size() < 2 || has("decoder.merge.1.weight");
    c.check();
    return c;
}

// Metadata "balance": {"CONDITION": position of the dial, …}.
std::map<std::int64_t, double> balanceOf(const SafetensorsFile& file, const LiteConfig& config)
{
    std::map<std::int64_t, double> balance;
    const auto stored = file.header().metadata.find("balance");
    if (stored == file.header().metadata.end()) {
        return balance;
    }
    const auto json = nlohmann::json::parse(stored->second, nullptr, false);
    for (std::int64_t condition = 0; json.is_object() && condition < config.conditions; ++condition) {
        const auto entry = json.find(std::to_string(condition));
        if (entry != json.end() && entry->is_number()) {
            balance[condition] = entry->get<double>();
        }
    }
    const bool isWhole = json.is_object() && balance.size() == json.size();
    const bool isOnDial =
        std::ranges::all_of(balance, [](const auto& entry) { return entry.second >= 0 && entry.second <= 1; });
    if (!isWhole || !isOnDial) {
        refuse(file, "Its metadata \"balance\" is not a list of dial positions.");
    }
    return balance;
}

} // namespace

LiteConfig detectLite(const SafetensorsFile& file)
{
    return detect(file, {});
}

bool looksLikeLite(const SafetensorsFile& file)
{
    return file.find("encoder.stem.weight") && file.find("decoder.out.film") && file.find("encoder.latent.weight");
}

LiteWeights loadLite(const SafetensorsFile& file, const std::string& prefix)
{
    LiteWeights weights(detect(file, prefix));
    ReadOptions how;
    how.options = at::TensorOptions(at::kFloat);
    how.refuseNonFinite = true;
    std::set<std::string> used;
    std::string missing, misshapen, unused;
    weights.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
        const StoredTensor* stored = file.find(prefix + name);
        used.insert(prefix + name);
        if (!stored) {
            missing += " " + name;
        } else if (at::IntArrayRef(stored->shape) != shape) {
            misshapen += " " + name;
        } else if (missing.empty() && misshapen.empty()) {
            tensor = file.read(*stored, how);
            if (tensor.dim() == 4 && !name.ends_with(".film")) {
                tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
            }
        }
    });
    if (missing.empty() && misshapen.empty()) {
        if (const std::string wrong = loadAdapters(file, prefix, weights, used); !wrong.empty()) {
            refuse(file, wrong);
        }
    }
    for (const StoredTensor& stored : file.header().tensors) {
        if (stored.name.rfind(prefix, 0) == 0 && !used.contains(stored.name)) {
            unused += " " + stored.name;
        }
    }
    if (!missing.empty() || !misshapen.empty() || (!unused.empty() && prefix.empty())) {
        refuse(file, (missing.empty() ? "" : "Missing:" + missing + ". ") +
                         (misshapen.empty() ? "" : "Of another shape:" + misshapen + ". ") +
                         (unused.empty() || !prefix.empty() ? "" : "Not part of it:" + unused + "."));
    }
    weights.balance = balanceOf(file, weights.config);
    return weights;
}

LiteWeights loadLite(const std::filesystem::path& path)
{
    return loadLite(SafetensorsFile(path));
}

void saveLite(const std::filesystem::path& path, LiteWeights& weights, at::ScalarType dtype,
    const std::map<std::string, std::string>& metadata)
{
    NamedTensors tensors;
    weights.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        tensors.emplace_back(name, tensor.detach().to(dtype));
    });
    for (auto& adapter : namedAdapters(weights, dtype)) {
        tensors.push_back(std::move(adapter));
    }
    auto all = metadata;
    all["format"] = "reelmend-lite-1";
    if (!weights.config.temporal) {
        all["temporal"] = "off";
    }
    if (!weights.balance.empty()) {
        nlohmann::json balance;
        for (const auto& [condition, middle] : weights.balance) {
            balance[std::to_string(condition)] = middle;
        }
        all["balance"] = balance.dump();
    }
    writeSafetensors(path, tensors, all);
}

} // namespace reelmend::models
