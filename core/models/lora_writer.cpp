#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/models/lora_file.h"
#include "core/models/lora_names.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

namespace {

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

void writeLora(const std::filesystem::path& path, const Lora& lora, LoraDialect dialect,
    std::map<std::string, std::string> metadata)
{
    if (lora.pairs.empty()) {
        throw base::Error(base::ErrorKind::kUsage, "The adapter cannot be written.", "It has no layer.",
            "Make it for at least one.");
    }
    const bool isKohya = dialect == LoraDialect::kKohya;
    // CogVideoX's are "transformer_blocks", lite's and the decoders' others again.
    const bool isWan = std::ranges::any_of(lora.pairs, [](const LoraPair& pair) {
        return pair.module.starts_with("blocks.") || pair.module.starts_with("vace_blocks.");
    });
    NamedTensors tensors;
    for (const LoraPair& pair : lora.pairs) {
        const std::string layer = storedLayerName(pair.module, dialect, isWan);
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
