#include "core/models/lora_names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace reelmend::models {

namespace {

constexpr std::array<std::pair<LoraDialect, std::string_view>, 3> kDialects{{
    {LoraDialect::kPeft, "peft"},
    {LoraDialect::kKohya, "kohya"},
    {LoraDialect::kComfy, "comfy"},
}};

// What stands before a layer's name, longest first.
constexpr std::array<std::string_view, 8> kPrefixes{"base_model.model.", "lora_transformer_", "diffusion_model.",
    "lora_unet_", "transformer.", "lora_vae_", "unet.", "vae."};

constexpr std::array<std::pair<std::string_view, LoraKey::Part>, 9> kEndings{{
    {".lora_A.default.weight", LoraKey::Part::kDown},
    {".lora_B.default.weight", LoraKey::Part::kUp},
    {".lora_A.weight", LoraKey::Part::kDown},
    {".lora_B.weight", LoraKey::Part::kUp},
    {".lora_down.weight", LoraKey::Part::kDown},
    {".lora_up.weight", LoraKey::Part::kUp},
    {".lora.down.weight", LoraKey::Part::kDown},
    {".lora.up.weight", LoraKey::Part::kUp},
    {".alpha", LoraKey::Part::kAlpha},
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

std::optional<LoraKey> loraKey(const std::string& name)
{
    for (const auto& [ending, part] : kEndings) {
        if (name.size() > ending.size() && name.ends_with(ending)) {
            return LoraKey{name.substr(0, name.size() - ending.size()), part};
        }
    }
    return std::nullopt;
}

LoraLayers::LoraLayers(const VisitFunction& network)
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

std::string LoraLayers::find(std::string_view layer) const
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

std::string storedLayerName(const std::string& module, LoraDialect dialect, bool isWan)
{
    const std::string theirs = isWan ? originalLayerName(module) : module;
    switch (dialect) {
    case LoraDialect::kKohya:
        return "lora_unet_" + underscored(theirs);
    case LoraDialect::kComfy:
        return "diffusion_model." + theirs;
    case LoraDialect::kPeft:
        break;
    }
    return "transformer." + module;
}

} // namespace reelmend::models
