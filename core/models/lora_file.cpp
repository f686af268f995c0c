#include "core/models/lora_file.h"

#include <ATen/ATen.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/lora_names.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

namespace {

constexpr const char* kPartEntry = "reelmend_part"; // in the metadata

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why, const std::string& hint)
{
    throw base::Error(
        base::ErrorKind::kInput, "The adapter \"" + base::pathText(path) + "\" cannot be used.", why, hint);
}

std::string listed(const std::vector<std::string>& names)
{
    constexpr std::size_t kMost = 6;
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kMost; ++i) {
        text += (i ? ", " : "") + names[i];
    }
    return names.size() > kMost ? text + " and " + std::to_string(names.size() - kMost) + " more" : text;
}

// alpha of a layer from diffusers' metadata; 0 = not said there.
double alphaFromMetadata(const std::map<std::string, std::string>& metadata, const std::string& module)
{
    const auto found = metadata.find("lora_adapter_metadata");
    const nlohmann::json json =
        nlohmann::json::parse(found == metadata.end() ? "{}" : found->second, nullptr, false /* throws nothing */);
    double alpha = 0;
    if (!json.is_object()) {
        return alpha;
    }
    for (const auto& [name, value] : json.items()) {
        if (name.ends_with("lora_alpha") && value.is_number()) {
            alpha = alpha > 0 ? alpha : value.get<double>();
        } else if (name.ends_with("alpha_pattern") && value.is_object()) {
            const auto own = value.find(module);
            alpha = own != value.end() && own->is_number() ? own->get<double>() : alpha;
        }
    }
    return alpha;
}

bool fits(const LoraPair& pair, const std::vector<std::int64_t>& weight)
{
    if (!pair.down.defined() || !pair.up.defined() || pair.down.dim() < 2 || pair.up.dim() < 2) {
        return false;
    }
    std::int64_t elements = 1;
    for (const std::int64_t size : weight) {
        elements *= size;
    }
    const std::int64_t rank = pair.rank();
    return rank > 0 && pair.up.size(0) == weight[0] && pair.up.numel() == weight[0] * rank &&
           pair.down.numel() * weight[0] == elements * rank;
}

LoraDialect dialectOf(const SafetensorsFile& file)
{
    for (const StoredTensor& tensor : file.header().tensors) {
        if (tensor.name.starts_with("lora_")) {
            return LoraDialect::kKohya;
        }
        if (tensor.name.starts_with("diffusion_model.")) {
            return LoraDialect::kComfy;
        }
    }
    return LoraDialect::kPeft;
}

} // namespace

bool looksLikeLora(const std::filesystem::path& path)
{
    const SafetensorsFile file(path);
    return std::any_of(file.header().tensors.begin(), file.header().tensors.end(), [](const StoredTensor& tensor) {
        const auto key = loraKey(tensor.name);
        return key && key->part == LoraKey::Part::kDown;
    });
}

std::string_view loraPartName(LoraPart part)
{
    return part == LoraPart::kDecoder ? "decoder" : "denoiser";
}

std::pair<std::string, std::string> loraPartEntry(LoraPart part)
{
    return {kPartEntry, std::string(loraPartName(part))};
}

LoraPart loraPart(const std::filesystem::path& path)
{
    if (!looksLikeLora(path)) {
        refuse(
            path, "It holds no low-rank adapter.", "Use a LoRA file; LoHa, LoKr and full weights are other things.");
    }
    const SafetensorsFile file(path);
    const auto& metadata = file.header().metadata;
    const auto part = metadata.find(kPartEntry);
    if (part == metadata.end() || part->second == loraPartName(LoraPart::kDenoiser)) {
        return LoraPart::kDenoiser;
    }
    if (part->second != loraPartName(LoraPart::kDecoder)) {
        refuse(path, "It is for a part of a model that this program does not know: " + part->second + ".",
            "Use the version of the program that wrote it.");
    }
    return LoraPart::kDecoder;
}

LoraFile readLora(const std::filesystem::path& path, const VisitFunction& network)
{
    const SafetensorsFile file(path);
    const LoraLayers layers(network);
    std::map<std::string, LoraPair> pairs;
    std::vector<std::string> strangers, misfits;
    for (const StoredTensor& tensor : file.header().tensors) {
        const auto key = loraKey(tensor.name);
        const std::string module = key ? layers.find(key->layer) : std::string();
        if (module.empty()) {
            strangers.push_back(tensor.name);
            continue;
        }
        LoraPair& pair = pairs.try_emplace(module, LoraPair{module, {}, {}, 0}).first->second;
        const at::Tensor value = file.read(tensor, {.options = at::kFloat, .refuseNonFinite = true});
        if (key->part == LoraKey::Part::kAlpha) {
            pair.alpha = value.numel() == 1 ? value.item<double>() : 0;
        } else {
            (key->part == LoraKey::Part::kDown ? pair.down : pair.up) = value;
        }
    }
    if (pairs.empty() && !looksLikeLora(path)) {
        refuse(path, "It holds no low-rank adapter; its first tensors are " + listed(strangers) + ".",
            "Use a LoRA file; LoHa, LoKr and full weights are other things.");
    }
    if (!strangers.empty()) {
        refuse(path, "This model has no place for these of its tensors: " + listed(strangers) + ".",
            "Use it with the model that it was made for.");
    }
    LoraFile result;
    result.dialect = dialectOf(file);
    result.metadata = file.header().metadata;
    for (const std::string& module : layers.order()) {
        const auto found = pairs.find(module);
        if (found == pairs.end()) {
            continue;
        }
        LoraPair& pair = found->second;
        if (!fits(pair, layers.shape(module))) {
            misfits.push_back(module);
            continue;
        }
        if (!(pair.alpha > 0)) {
            pair.alpha = alphaFromMetadata(result.metadata, module);
        }
        if (!(pair.alpha > 0)) {
            pair.alpha = static_cast<double>(pair.rank());
        }
        result.lora.pairs.push_back(pair);
    }
    if (!misfits.empty()) {
        refuse(path,
            "These layers are of another size in this model, or half of them is missing: " + listed(misfits) + ".",
            "Use it with the model that it was made for.");
    }
    return result;
}

} // namespace reelmend::models
