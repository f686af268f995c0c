#pragma once
#include <set>
#include <string>

#include "core/models/lite_weights.h"
#include "core/models/safetensors.h"

// The adapters of single conditions in a lite file: "adapter.CONDITION.MODULE.lora_A.weight" [rank, in, k...] and
// "….lora_B.weight" [out, rank, 1...], to be added as they are (alpha = rank).
namespace reelmend::models {

// Takes the adapters that the file has behind `prefix` into `weights`, whose own tensors are loaded, in float32.
// Their names are added to `used`. Returns what is wrong with them, a sentence; empty where nothing is.
std::string loadAdapters(
    const SafetensorsFile& file, const std::string& prefix, LiteWeights& weights, std::set<std::string>& used);

// The adapters' tensors under the names above.
NamedTensors namedAdapters(const LiteWeights& weights, at::ScalarType dtype);

// `base` with what a training of one condition's adapter taught, `trained` by name: the adapter's pairs by PEFT's
// names and FiLM tables, of which the condition's rows are taken. Names of neither kind are left out.
LiteWeights withAdapter(
    const LiteWeights& base, std::int64_t condition, const std::map<std::string, at::Tensor>& trained);

} // namespace reelmend::models
