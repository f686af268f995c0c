#include <array>
#include <utility>

#include "core/models/cogvideox_vae_config.h"

// SAT's names of CogVideoX's autoencoder; table in docs/models.md.
namespace reelmend::models {

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    const auto at = text.find(from);
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// "decoder.up_blocks.N.rest": SAT counts the decoder's levels from full resolution.
std::string turnedAround(const std::string& name, int levels)
{
    const std::string start = "decoder.up_blocks.";
    if (!name.starts_with(start)) {
        return name;
    }
    const auto dot = name.find('.', start.size());
    const int level = std::stoi(name.substr(start.size(), dot - start.size()));
    return "decoder.up." + std::to_string(levels - 1 - level) + name.substr(dot);
}

std::string satName(const CogVideoXVaeConfig& config, const std::string& name)
{
    static constexpr std::array<std::pair<const char*, const char*>, 7> kParts = {
        {{"mid_block.resnets.0.", "mid.block_1."}, {"mid_block.resnets.1.", "mid.block_2."},
            {"down_blocks.", "down."}, {"resnets.", "block."}, {"downsamplers.0.", "downsample."},
            {"upsamplers.0.", "upsample."}, {"conv_shortcut.", "nin_shortcut."}}};
    std::string result = turnedAround(name, config.levels());
    for (const auto& [from, to] : kParts) {
        result = replaced(std::move(result), from, to);
    }
    return result;
}

} // namespace

std::string cogVideoXVaeStoredName(const DetectedCogVideoXVae& found, const std::string& diffusersName)
{
    return found.prefix +
           (found.names == CogVideoXVaeNames::kSat ? satName(found.config, diffusersName) : diffusersName);
}

} // namespace reelmend::models
