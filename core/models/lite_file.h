#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "core/models/lite_weights.h"
#include "core/models/safetensors.h"

namespace reelmend::models {

// The config of the lite network in a weight file, from names and shapes alone. Tensors of other names are ignored
// here; loadLite() reports them. Throws base::Error(kInput) naming the first tensor that is missing or odd.
LiteConfig detectLite(const SafetensorsFile& file);
bool looksLikeLite(const SafetensorsFile& file);

// All tensors in float32. Missing, unused and misshapen tensors are errors that list them. `prefix` stands before
// every name in training checkpoints ("ema.").
LiteWeights loadLite(const SafetensorsFile& file, const std::string& prefix = {});
LiteWeights loadLite(const std::filesystem::path& path);

// Writes in `dtype`, adapters too. FiLM tables stay unfolded: one file serves every task and dial.
void saveLite(const std::filesystem::path& path, LiteWeights& weights, at::ScalarType dtype,
    const std::map<std::string, std::string>& metadata = {});

} // namespace reelmend::models
