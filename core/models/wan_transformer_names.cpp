#include <array>
#include <utility>

#include "core/models/wan_transformer_config.h"

// Original names of Wan's transformer; table in docs/models.md.
namespace reelmend::models {

namespace {

using Renames = std::pair<const char*, const char*>;

// Of the model itself: beginnings.
constexpr std::array<Renames, 7> kModel = {{
    {"condition_embedder.time_embedder.linear_1.", "time_embedding.0."},
    {"condition_embedder.time_embedder.linear_2.", "time_embedding.2."},
    {"condition_embedder.text_embedder.linear_1.", "text_embedding.0."},
    {"condition_embedder.text_embedder.linear_2.", "text_embedding.2."},
    {"condition_embedder.time_proj.", "time_projection.1."},
    {"scale_shift_table", "head.modulation"},
    {"proj_out.", "head.head."},
}};
// Inside a block. The original numbers its norms by place in the file: the one with weights, which runs second, is
// norm3.
constexpr std::array<Renames, 7> kBlock = {{
    {"scale_shift_table", "modulation"},
    {"ffn.net.0.proj.", "ffn.0."},
    {"ffn.net.2.", "ffn.2."},
    {"norm2.", "norm3."},
    {"attn1.", "self_attn."},
    {"attn2.", "cross_attn."},
    {"proj_in.", "before_proj."},
}};
constexpr std::array<Renames, 4> kAttention = {
    {{"to_q.", "q."}, {"to_k.", "k."}, {"to_v.", "v."}, {"to_out.0.", "o."}}};

template <std::size_t N> std::string renamed(std::string name, const std::array<Renames, N>& table)
{
    for (const auto& [from, to] : table) {
        if (name.starts_with(from)) {
            return name.replace(0, std::string_view(from).size(), to);
        }
    }
    return name;
}

std::string originalName(const std::string& name)
{
    const bool isVace = name.starts_with("vace_blocks.");
    if (!isVace && !name.starts_with("blocks.")) {
        return renamed(name, kModel);
    }
    const auto number = name.find('.') + 1;
    const auto inside = name.find('.', number) + 1; // 0 where nothing follows the number
    if (inside == 0) {
        return name;
    }
    std::string part = name.substr(inside);
    if (part.starts_with("proj_out.")) {
        return name.substr(0, inside) + "after_proj." + part.substr(std::string_view("proj_out.").size());
    }
    part = renamed(part, kBlock);
    for (const char* attention : {"self_attn.", "cross_attn."}) {
        if (part.starts_with(attention)) {
            const auto length = std::string_view(attention).size();
            part = attention + renamed(part.substr(length), kAttention);
        }
    }
    return name.substr(0, inside) + part;
}

} // namespace

std::string wanTransformerStoredName(const DetectedWanTransformer& found, const std::string& diffusersName)
{
    return found.prefix +
           (found.names == WanTransformerNames::kOriginal ? originalName(diffusersName) : diffusersName);
}

} // namespace reelmend::models
