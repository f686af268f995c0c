#pragma once
#include "core/models/safetensors_header.h"

// Checkpoints that torch.save wrote (.pth, .pt, .ckpt, .bin), read without running anything that they contain: the
// zip form and the older one that is a row of pickles. Reference: models.md 8.3; PyTorch's torch/serialization.py for
// the layout.
namespace reelmend::models {

bool looksLikePth(std::string_view file);

// The tensors of `file`, which is a whole file (mapped); `begin` and `end` count from its start, and dataOffset is 0.
// Names of nested dictionaries are joined with dots; one that merely wraps the weights ("state_dict", "params_ema",
// …) is left out. Tensors that share bytes are fine; ones that lie outside their storage, or whose strides leave
// gaps, are errors. Throws base::Error(kInput) that names `label`, tensor and reason.
SafetensorsHeader parsePthHeader(std::string_view file, std::string_view label);

} // namespace reelmend::models
