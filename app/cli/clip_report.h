#pragma once
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/video/clip_info.h"

namespace reelmend::cli {

nlohmann::json clipJson(const video::ClipInfo& info); // docs/command-line.md, "probe"
std::string clipText(const video::ClipInfo& info);    // for people, several lines

} // namespace reelmend::cli
