#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "core/perceptual/losses.h"

namespace reelmend::perceptual {

// Loads the networks that the terms need and `options` lacks: LPIPS on SqueezeNet from the program's resources, the
// others from network_files.h. Throws base::Error(kUnavailable) that says which file is missing.
void loadLossNetworks(const std::vector<LossTerm>& terms, const at::TensorOptions& tensors, LossOptions& options);

} // namespace reelmend::perceptual
