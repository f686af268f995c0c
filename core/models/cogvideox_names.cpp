#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/models/cogvideox_config.h"

// SAT's names of CogVideoX's transformer; table in docs/models.md.
namespace reelmend::models {

namespace {

using Pair = std::pair<std::string_view, std::string_view>; // diffusers, SAT

constexpr std::array<Pair, 9> kModules = {
    {{"norm_final.", "transformer.final_layernorm."}, {"time_embedding.linear_1.", "time_embed.0."},
        {"time_embedding.linear_2.", "time_embed.2."}, {"ofs_embedding.linear_1.", "ofs_embed.0."},
        {"ofs_embedding.linear_2.", "ofs_embed.2."}, {"norm_out.norm.", "mixins.final_layer.norm_final."},
        {"norm_out.linear.", "mixins.final_layer.adaLN_modulation.1."}, {"proj_out.", "mixins.final_layer.linear."},
        {"patch_embed.pos_embedding", "mixins.pos_embed.pos_embedding"}}};

// Of a block: {diffusers' part, SAT's}; N is the block's number.
constexpr std::array<Pair, 12> kParts = {{{"attn1.to_q.", "transformer.layers.N.attention.query_key_value."},
    {"attn1.to_k.", "transformer.layers.N.attention.query_key_value."},
    {"attn1.to_v.", "transformer.layers.N.attention.query_key_value."},
    {"attn1.to_out.0.", "transformer.layers.N.attention.dense."},
    {"attn1.norm_q.", "mixins.adaln_layer.query_layernorm_list.N."},
    {"attn1.norm_k.", "mixins.adaln_layer.key_layernorm_list.N."},
    {"norm1.norm.", "transformer.layers.N.input_layernorm."},
    {"norm2.norm.", "transformer.layers.N.post_attention_layernorm."},
    {"norm1.linear.", "mixins.adaln_layer.adaLN_modulations.N.1."},
    {"norm2.linear.", "mixins.adaln_layer.adaLN_modulations.N.1."},
    {"ff.net.0.proj.", "transformer.layers.N.mlp.dense_h_to_4h."},
    {"ff.net.2.", "transformer.layers.N.mlp.dense_4h_to_h."}}};

std::string satPart(std::string_view part, std::string_view block)
{
    for (const auto& [from, to] : kParts) {
        if (part.starts_with(from)) {
            std::string name(to);
            name.replace(name.find(".N.") + 1, 1, block);
            return name + std::string(part.substr(from.size()));
        }
    }
    return std::string(part);
}

// The video's six rows of a block's modulation come before the text's: three for the attention, three for what
// follows it.
void takePieces(std::string_view part, StoredPieces& place)
{
    constexpr std::array<std::string_view, 3> kProjections = {"attn1.to_q.", "attn1.to_k.", "attn1.to_v."};
    for (std::size_t i = 0; i < kProjections.size(); ++i) {
        if (part.starts_with(kProjections[i])) {
            place.pieces = 3;
            place.taken = {static_cast<int>(i)};
        }
    }
    if (part.starts_with("norm1.linear.") || part.starts_with("norm2.linear.")) {
        const int first = part.starts_with("norm1.") ? 0 : 3;
        place.pieces = 12;
        place.taken = {first, first + 1, first + 2, first + 6, first + 7, first + 8};
    }
}

} // namespace

StoredPieces cogVideoXStoredPieces(const DetectedCogVideoX& found, const std::string& diffusersName)
{
    StoredPieces place;
    place.name = found.prefix + diffusersName;
    if (found.names == CogVideoXNames::kDiffusers) {
        return place;
    }
    const std::string_view name = diffusersName, blocks = "transformer_blocks.";
    if (name.starts_with(blocks)) {
        const auto dot = name.find('.', blocks.size());
        const std::string_view part = name.substr(dot + 1);
        place.name = found.prefix + satPart(part, name.substr(blocks.size(), dot - blocks.size()));
        takePieces(part, place);
        return place;
    }
    for (const auto& [from, to] : kModules) {
        if (name.starts_with(from)) {
            place.name = found.prefix + std::string(to) + std::string(name.substr(from.size()));
            return place;
        }
    }
    place.name = found.prefix + (name.starts_with("patch_embed.") ? "mixins." : "") + diffusersName;
    return place;
}

bool isBesideCogVideoX(const DetectedCogVideoX& found, const std::string& storedName)
{
    if (found.names == CogVideoXNames::kDiffusers) {
        return false;
    }
    constexpr std::array<std::string_view, 2> kOthers = {"first_stage_model.", "conditioner."};
    constexpr std::array<std::string_view, 4> kTables = {
        "embed_tokens", "freqs_sin", "freqs_cos", "position_embedding"};
    return std::any_of(kOthers.begin(), kOthers.end(), [&](auto part) { return storedName.starts_with(part); }) ||
           std::any_of(
               kTables.begin(), kTables.end(), [&](auto part) { return storedName.find(part) != std::string::npos; });
}

} // namespace reelmend::models
