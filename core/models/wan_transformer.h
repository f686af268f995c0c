#pragma once
#include <memory>

#include "core/models/denoiser.h"
#include "core/models/wan_transformer_config.h"

namespace reelmend::models {

// Wan's transformer, or VACE where the config has side blocks; parameters still undefined: visit() to fill them
// (load, initialiseRandomly). It takes a clip at once, latents of any size (padded to whole tokens by repeating the
// border, and cropped), the text as [batch, any number of tokens, textChannels] (the released models want 512, zeros
// at the end), and VACE a context of the latents' size. Throws base::Error(kUsage) for anything else.
std::unique_ptr<Denoiser> makeWanTransformer(const WanTransformerConfig& config);

// Costs, from the config alone.
plan::DenoiserFootprint wanTransformerFootprint(const WanTransformerConfig& config);

} // namespace reelmend::models
