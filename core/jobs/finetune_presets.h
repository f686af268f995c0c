#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/jobs/finetune_request.h"

namespace reelmend::jobs {

// Settings to start from, by name: `request` lacks data and output alone.
struct FineTunePreset {
    std::string name;
    std::string description; // one line, for people
    FineTuneRequest request;
};

// Of every task the settings of the ChopGrad paper (Tables 1-4 and appendix C: gradient, grid, losses, optimizer,
// steps, clip length; "paper-upscale", …) and settings for a machine with two cores and 8 GB ("small-upscale", …).
// The paper's clips are 24 frames of 320x640, 81 and 49 of 832x480 and 49 of 1280x720; ours have 1 + 4 n frames and
// square crops of about that area.
const std::vector<FineTunePreset>& fineTunePresets();
std::optional<FineTunePreset> fineTunePreset(std::string_view name);
std::string fineTunePresetNames(); // "paper-upscale, paper-repair, …"

} // namespace reelmend::jobs
