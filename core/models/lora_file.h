#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/models/lora.h"

// Adapter files of other programs, and of ours.
namespace reelmend::models {

// How the layers are called in a file.
enum class LoraDialect {
    kPeft,  // diffusers: "transformer.MODULE.lora_A.weight"; rank and alpha stand in the metadata
    kKohya, // sd-scripts, musubi-tuner: "lora_unet_ORIGINAL_MODULE_WITH_UNDERSCORES.lora_down.weight", ".alpha"
    kComfy, // ComfyUI: "diffusion_model.ORIGINAL_MODULE.lora_A.weight", ".alpha"
            // (the original names are those of Wan's own release; other models have one name for a layer)
};
std::string_view loraDialectName(LoraDialect dialect); // "peft", "kohya", "comfy"
std::optional<LoraDialect> loraDialectFromName(std::string_view name);

struct LoraFile {
    Lora lora; // float32
    LoraDialect dialect = LoraDialect::kPeft;
    std::map<std::string, std::string> metadata;
};

// The adapter in a file, for a network: every layer of the file must be one of the network's, by one of the names
// that the dialects know it by, and fit its shape. Throws base::Error(kInput) that lists the keys which do not fit
// (another base model), or says what an adapter of another kind (LoHa, DoRA, …) holds.
LoraFile readLora(const std::filesystem::path& path, const VisitFunction& network);
// Whether a file's names are those of adapters. Reads the header alone; throws base::Error(kInput).
bool looksLikeLora(const std::filesystem::path& path);

// Which network of a model an adapter changes: its file says so in the metadata "reelmend_part", and one that does
// not is for the denoiser, as other programs' are. Reads the header alone; throws base::Error(kInput) for another
// file.
enum class LoraPart { kDenoiser, kDecoder };
std::string_view loraPartName(LoraPart part); // "denoiser", "decoder"
LoraPart loraPart(const std::filesystem::path& path);
std::pair<std::string, std::string> loraPartEntry(LoraPart part); // for writeLora()

// Whole or not at all; metadata of the dialect is added to what is given.
void writeLora(const std::filesystem::path& path, const Lora& lora, LoraDialect dialect,
    std::map<std::string, std::string> metadata = {});

// The name that Wan's first release has for a layer of diffusers' transformer ("blocks.0.attn1.to_q" ->
// "blocks.0.self_attn.q"); other names are returned as they are.
std::string originalLayerName(const std::string& module);

} // namespace reelmend::models
