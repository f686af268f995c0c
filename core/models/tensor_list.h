#pragma once
#include "core/models/safetensors_header.h"

namespace reelmend::models {

// A checkpoint without its numbers, to ask about one that is not here: the JSON object of a safetensors header
// without offsets, {"blocks.{0:30}.ffn.0.weight": {"dtype": "F32", "shape": [8960, 1536]}, …}. A name may hold one
// range {first:end}, the end not included, and stands for that many tensors. Data that is "read" from it is an error.
inline constexpr std::string_view kTensorListSuffix = ".tensors.json";

// Checks JSON, duplicate names and fields, types, shapes and counts, as parseSafetensorsHeader does. The order is the
// text's; offsets are counted through. Throws base::Error(kInput) that names `label`, tensor and reason.
SafetensorsHeader parseTensorList(std::string_view json, std::string_view label);

} // namespace reelmend::models
