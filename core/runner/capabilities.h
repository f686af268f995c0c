#pragma once
#include <nlohmann/json_fwd.hpp>

#include "core/jobs/enhance_request.h"

namespace reelmend::runner {

// What this program can do, as `serve` announces it: {"tasks": […], "models": […], "device": "cpu"}.
nlohmann::json capabilities();

// What a valid request asks for and this program does not have: the model, the task with that model, the device.
jobs::Problems unsupported(const jobs::EnhanceRequest& request);

} // namespace reelmend::runner
