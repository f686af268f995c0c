#pragma once
#include <memory>

#include "core/models/cogvideox_config.h"
#include "core/models/denoiser.h"
#include "core/models/load.h"

namespace reelmend::models {

// CogVideoX's transformer, parameters still undefined: visit() to fill them (load, initialiseRandomly). It takes a
// clip at once, latents of any size: height and width are padded to whole tokens by repeating the border, an odd
// number of latents of a model with patchTime by repeating the first in front, as DOVE does; both are cropped again.
// Text: [batch, any number of tokens, textChannels]. Throws base::Error(kUsage) for anything else.
std::unique_ptr<Denoiser> makeCogVideoXTransformer(const CogVideoXConfig& config);

// A transformer folder or file in diffusers' names. Throws base::Error(kInput).
std::unique_ptr<Denoiser> loadCogVideoXTransformer(const WeightStore& store, const LoadOptions& options);

// Costs, from the config alone.
plan::DenoiserFootprint cogVideoXFootprint(const CogVideoXConfig& config);

} // namespace reelmend::models
