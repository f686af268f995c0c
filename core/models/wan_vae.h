#pragma once
#include <memory>

#include "core/models/causal_codec.h"
#include "core/models/wan_vae_config.h"

namespace reelmend::models {

// The networks of a config, parameters still undefined: visit() to fill them (load, initialiseRandomly).
// Decoder: 32 cache slots at the published size; its first convolution and its middle block (attention) are the
// global part, all upsampling the local one, with a halo of 13 latent cells. Encoder: 24 slots; downsampling is
// local. Both accept several groups in one step.
std::unique_ptr<CausalDecoder> makeWanDecoder(const WanVaeConfig& config);
std::unique_ptr<CausalEncoder> makeWanEncoder(const WanVaeConfig& config);

} // namespace reelmend::models
