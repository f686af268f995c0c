#pragma once
#include <memory>

#include "core/models/causal_codec.h"
#include "core/models/cogvideox_vae_config.h"

namespace reelmend::models {

// The networks of a config, parameters still undefined: visit() to fill them (load, initialiseRandomly).
// Decoder: 38 cache slots at the published size; encoder: 30.
//
// Note [Group norms and plans]: a group norm's statistics span the picture and all frames of a group, so a group is
// the model: 2 latents (the first 3 where their number is odd) and 8 frames (the first 9, or whatever does not
// divide), as diffusers cuts a clip. A step of several groups runs them one after another. Nothing can be tiled
// exactly: the local part of both networks is the whole network, localHalo() says -1, and a tile with a given halo
// has statistics of its own.
std::unique_ptr<CausalDecoder> makeCogVideoXDecoder(const CogVideoXVaeConfig& config);
std::unique_ptr<CausalEncoder> makeCogVideoXEncoder(const CogVideoXVaeConfig& config);

} // namespace reelmend::models
