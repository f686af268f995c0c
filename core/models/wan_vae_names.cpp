#include <array>
#include <utility>

#include "core/models/wan_vae_config.h"

// Original names of Wan's autoencoder; table in docs/models.md.
namespace reelmend::models {

namespace {

// Replaces a leading `from` by `to`; false where the text does not begin so.
bool replaceStart(std::string& text, const std::string& from, const std::string& to)
{
    if (!text.starts_with(from)) {
        return false;
    }
    text.replace(0, from.size(), to);
    return true;
}

// norm1, conv1, norm2, conv2, conv_shortcut inside a residual block.
std::string residualPart(std::string part)
{
    static constexpr std::array<std::pair<const char*, const char*>, 5> kParts = {
        {{"norm1.", "residual.0."}, {"conv1.", "residual.2."}, {"norm2.", "residual.3."}, {"conv2.", "residual.6."},
            {"conv_shortcut.", "shortcut."}}};
    for (const auto& [from, to] : kParts) {
        if (replaceStart(part, from, to)) {
            break;
        }
    }
    return part;
}

// "N.rest" -> N, rest
std::pair<int, std::string> numbered(const std::string& text)
{
    const auto dot = text.find('.');
    return {std::stoi(text.substr(0, dot)), dot == std::string::npos ? std::string() : text.substr(dot + 1)};
}

std::string originalName(const WanVaeConfig& config, const std::string& name)
{
    std::string rest = name;
    if (replaceStart(rest, "quant_conv.", "conv1.") || replaceStart(rest, "post_quant_conv.", "conv2.")) {
        return rest;
    }
    const auto dot = name.find('.');
    const std::string part = name.substr(0, dot + 1); // "encoder." or "decoder."
    rest = name.substr(dot + 1);
    if (replaceStart(rest, "mid_block.resnets.", "")) {
        const auto [block, inner] = numbered(rest);
        return part + "middle." + std::to_string(2 * block) + "." + residualPart(inner);
    }
    if (replaceStart(rest, "mid_block.attentions.0.", "middle.1.") || replaceStart(rest, "conv_in.", "conv1.") ||
        replaceStart(rest, "norm_out.", "head.0.") || replaceStart(rest, "conv_out.", "head.2.")) {
        return part + rest;
    }
    if (replaceStart(rest, "down_blocks.", "")) {
        const auto [block, inner] = numbered(rest);
        return part + "downsamples." + std::to_string(block) + "." + residualPart(inner);
    }
    if (replaceStart(rest, "up_blocks.", "")) {
        const auto [level, inLevel] = numbered(rest);
        const int perLevel = config.residualBlocks + 2; // blocks and one upsampling step
        std::string inner = inLevel;
        if (replaceStart(inner, "resnets.", "")) {
            const auto [block, parameter] = numbered(inner);
            return part + "upsamples." + std::to_string(level * perLevel + block) + "." + residualPart(parameter);
        }
        replaceStart(inner, "upsamplers.0.", "");
        return part + "upsamples." + std::to_string(level * perLevel + perLevel - 1) + "." + inner;
    }
    return name;
}

} // namespace

std::string wanVaeStoredName(const DetectedWanVae& found, const std::string& diffusersName)
{
    return found.prefix +
           (found.names == WanVaeNames::kOriginal ? originalName(found.config, diffusersName) : diffusersName);
}

} // namespace reelmend::models
