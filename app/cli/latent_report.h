#pragma once
#include <map>
#include <string>
#include <vector>

#include "app/cli/engine_options.h"
#include "app/cli/output.h"
#include "core/models/safetensors.h"

namespace reelmend::cli {

// As files hold it: on the CPU in float32, or float64 where it was computed in float64.
at::Tensor storable(const at::Tensor& tensor);

// What every `latent` subcommand does at its end: writes the tensors, and says where, how long the computing took
// (`seconds` of every run, without loading and writing) and how much memory it all needed. Returns the exit code.
int writeLatents(Output& output, const std::string& out, bool asJson, const models::LoadOptions& how,
    const RunMeter& meter, const std::vector<double>& seconds, const models::NamedTensors& tensors,
    const std::map<std::string, std::string>& metadata);

} // namespace reelmend::cli
