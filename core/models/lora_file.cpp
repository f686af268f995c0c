#include "core/models/lora_file.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

namespace {

constexpr const char* kPartEntry = "reelmend_part"; // in the metadata

constexpr std::array<std::pair<LoraDialect, std::string_view>, 3> kDialects{{
    {LoraDialect::kPeft, "peft"},
    {LoraDialect::kKohya, "kohya"},
    {LoraDialect::kComfy, "comfy"},
}};

// What stands before a layer's name, longest first.
constexpr std::array<std::string_view, 8> kPrefixes{"base_model.model.", "lora_transformer_", "diffusion_model.",
    "lora_unet_", "transformer.", "lora_vae_", "unet.", "vae."};

enum class Part { kDown, kUp, kAlpha };
constexpr std::array<std::pair<std::string_view, Part>, 9> kEndings{{
    {".lora_A.default.weight", Part::kDown},
    {".lora_B.default.weight", Part::kUp},
    {".lora_A.weight", Part::kDown},
    {".lora_B.weight", Part::kUp},
    {".lora_down.weight", Part::kDown},
    {".lora_up.weight", Part::kUp},
    {".lora.down.weight", Part::kDown},
    {".lora.up.weight", Part::kUp},
    {".alpha", Part::kAlpha},
}};

// Pieces of diffusers' names for Wan's transformer and the original's, whole segments only.
constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kWanPieces{{
    {"condition_embedder.text_embedder.linear_1", "text_embedding.0"},
    {"condition_embedder.text_embedder.linear_2", "text_embedding.2"},
    {"condition_embedder.time_embedder.linear_1", "time_embedding.0"},
    {"condition_embedder.time_embedder.linear_2", "time_embedding.2"},
    {"condition_embedder.time_proj", "time_projection.1"},
    {"attn1.to_out.0", "self_attn.o"},
    {"attn2.to_out.0", "cross_attn.o"},
    {"attn2.add_k_proj", "cross_attn.k_img"},
    {"attn2.add_v_proj", "cross_attn.v_img"},
    {"attn1.to_q", "self_attn.q"},
    {"attn1.to_k", "self_attn.k"},
    {"attn1.to_v", "self_attn.v"},
    {"attn2.to_q", "cross_attn.q"},
    {"attn2.to_k", "cross_attn.k"},
    {"attn2.to_v", "cross_attn.v"},
    {"ffn.net.0.proj", "ffn.0"},
    {"ffn.net.2", "ffn.2"},
}};

std::string underscored(std::string module)
{
    std::replace(module.begin(), module.end(), '.', '_');
    return module;
}

struct Key {
    std::string layer; // as the file calls it, with its prefix
    Part part = Part::kDown;
};

std::optional<Key> keyOf(const std::string& name)
{
    for (const auto& [ending, part] : kEndings) {
        if (name.size() > ending.size() && name.ends_with(ending)) {
            return Key{name.substr(0, name.size() - ending.size()), part};
        }
    }
    return std::nullopt;
}

// The network's layers by every name that a file may have for them.
class Layers {
public:
    explicit Layers(const VisitFunction& network)
    {
        network([&](const std::string& name, at::Tensor&, at::IntArrayRef shape) {
            if (shape.size() >= 2 && name.ends_with(".weight")) {
                const std::string module = name.substr(0, name.size() - 7);
                shapes_[module] = shape.vec();
                order_.push_back(module);
                for (const std::string& known : {module, originalLayerName(module)}) {
                    byName_.emplace(known, module);
                    byName_.emplace(underscored(known), module);
                }
            }
        });
    }

    // The network's name, or none.
    std::string find(std::string_view layer) const
    {
        for (;;) {
            if (const auto found = byName_.find(std::string(layer)); found != byName_.end()) {
                return found->second;
            }
            const auto* prefix = std::find_if(
                kPrefixes.begin(), kPrefixes.end(), [&](std::string_view p) { return layer.starts_with(p); });
            if (prefix == kPrefixes.end()) {
                return {};
            }
            layer.remove_prefix(prefix->size());
        }
    }

    const std::vector<std::int64_t>& shape(const std::string& module) const { return shapes_.at(module); }
    const std::vector<std::string>& order() const { return order_; }

private:
    std::map<std::string, std::string> byName_;
    std::map<std::string, std::vector<std::int64_t>> shapes_;
    std::vector<std::string> order_;
};

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

std::string fileLayer(const std::string& module, LoraDialect dialect)
{
    switch (dialect) {
    case LoraDialect::kKohya:
        return "lora_unet_" + underscored(module);
    case LoraDialect::kComfy:
        return "diffusion_model." + originalLayerName(module);
    case LoraDialect::kPeft:
        break;
    }
    return "transformer." + module;
}

// diffusers' LoraConfig in the form that its loader reads.
std::string peftMetadata(const Lora& lora)
{
    const LoraPair& first = lora.pairs.front();
    nlohmann::json targets = nlohmann::json::array(), alphas = nlohmann::json::object(),
                   ranks = nlohmann::json::object();
    for (const LoraPair& pair : lora.pairs) {
        targets.push_back(pair.module);
        if (pair.alpha != first.alpha) {
            alphas[pair.module] = pair.alpha;
        }
        if (pair.rank() != first.rank()) {
            ranks[pair.module] = pair.rank();
        }
    }
    return nlohmann::json{{"transformer.r", first.rank()}, {"transformer.lora_alpha", first.alpha},
        {"transformer.target_modules", targets}, {"transformer.alpha_pattern", alphas},
        {"transformer.rank_pattern", ranks}, {"transformer.peft_type", "LORA"}}
        .dump(2);
}

} // namespace

std::string_view loraDialectName(LoraDialect dialect)
{
    for (const auto& [value, name] : kDialects) {
        if (value == dialect) {
            return name;
        }
    }
    return {};
}

std::optional<LoraDialect> loraDialectFromName(std::string_view name)
{
    for (const auto& [value, text] : kDialects) {
        if (text == name) {
            return value;
        }
    }
    return std::nullopt;
}

std::string originalLayerName(const std::string& module)
{
    if (module == "proj_out") {
        return "head.head";
    }
    for (const auto& [diffusers, original] : kWanPieces) {
        const std::size_t place = module.find(diffusers);
        const std::size_t end = place + diffusers.size();
        if (place != std::string::npos && (place == 0 || module[place - 1] == '.') &&
            (end == module.size() || module[end] == '.')) {
            return module.substr(0, place) + std::string(original) + module.substr(end);
        }
    }
    return module;
}

bool looksLikeLora(const std::filesystem::path& path)
{
    const SafetensorsFile file(path);
    return std::any_of(file.header().tensors.begin(), file.header().tensors.end(), [](const StoredTensor& tensor) {
        const auto key = keyOf(tensor.name);
        return key && key->part == Part::kDown;
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
    const Layers layers(network);
    std::map<std::string, LoraPair> pairs;
    std::vector<std::string> strangers, misfits;
    for (const StoredTensor& tensor : file.header().tensors) {
        const auto key = keyOf(tensor.name);
        const std::string module = key ? layers.find(key->layer) : std::string();
        if (module.empty()) {
            strangers.push_back(tensor.name);
            continue;
        }
        LoraPair& pair = pairs.try_emplace(module, LoraPair{module, {}, {}, 0}).first->second;
        const at::Tensor value = file.read(tensor, {.options = at::kFloat, .refuseNonFinite = true});
        if (key->part == Part::kAlpha) {
            pair.alpha = value.numel() == 1 ? value.item<double>() : 0;
        } else {
            (key->part == Part::kDown ? pair.down : pair.up) = value;
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

void writeLora(const std::filesystem::path& path, const Lora& lora, LoraDialect dialect,
    std::map<std::string, std::string> metadata)
{
    if (lora.pairs.empty()) {
        throw base::Error(base::ErrorKind::kUsage, "The adapter cannot be written.", "It has no layer.",
            "Make it for at least one.");
    }
    const bool isKohya = dialect == LoraDialect::kKohya;
    NamedTensors tensors;
    for (const LoraPair& pair : lora.pairs) {
        const std::string layer = fileLayer(pair.module, dialect);
        tensors.emplace_back(layer + (isKohya ? ".lora_down.weight" : ".lora_A.weight"), pair.down.detach());
        tensors.emplace_back(layer + (isKohya ? ".lora_up.weight" : ".lora_B.weight"), pair.up.detach());
        if (dialect != LoraDialect::kPeft) {
            tensors.emplace_back(layer + ".alpha", at::scalar_tensor(pair.alpha, at::kFloat));
        }
    }
    metadata.emplace("format", "pt");
    if (dialect == LoraDialect::kPeft) {
        metadata["lora_adapter_metadata"] = peftMetadata(lora);
    } else if (isKohya) {
        metadata["ss_network_module"] = "networks.lora";
        metadata["ss_network_dim"] = std::to_string(lora.pairs.front().rank());
        metadata["ss_network_alpha"] = nlohmann::json(lora.pairs.front().alpha).dump();
    }
    writeSafetensors(path, tensors, metadata);
}

} // namespace reelmend::models
