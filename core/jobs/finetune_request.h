#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/jobs/enhance_request.h"
#include "core/jobs/problem.h"

namespace reelmend::jobs {

// How a clip's loss reaches the latents (docs/chopgrad.md).
enum class GradientMode { kLatentOnly, kChop, kExact, kFull };
std::string_view gradientModeName(GradientMode mode); // "latent-only", "chop", "exact", "full"
std::optional<GradientMode> gradientModeFromName(std::string_view name);

// Teaching a model an artist's own footage: everything that the run depends on, so that the same request over the
// same files makes the same weights.
struct FineTuneRequest {
    Task task = Task::kRestore; // what the footage is to teach
    int scale = 2;              // of upscale: 2 or 4
    std::string model = "lite"; // where it starts: "lite", or the path of weights
    // Clips, folders of clips, folders with "clean" and "degraded" clips of the same names, or packed footage
    // (.safetensors).
    std::vector<std::string> data;
    std::string output; // the weights that come of it, .safetensors

    std::int64_t steps = 500;
    double minutes = 0; // stop after that long; 0 = no limit
    GradientMode gradient = GradientMode::kFull;
    std::int64_t truncationDistance = 1; // D, in groups of frames; of chop
    std::int64_t frames = 9;             // of a training clip: 1 + 4 n
    std::int64_t size = 64;              // side of a crop in pixels, a multiple of 8
    std::int64_t clips = 2;              // crops of one pass
    std::int64_t accumulation = 2;       // passes of a step
    double learningRate = 1e-4;
    std::int64_t warmUp = 50; // steps until the learning rate is reached; it then falls along a cosine to 0
    double clip = 0.3;        // largest gradient norm; 0 = none
    double averaging = 0.99;  // decay of the averaged weights, which are the result; 0 = the weights as they are
    double perceptualWeight = 0.1;
    std::int64_t validateEvery = 100; // steps; 0 = never
    std::int64_t seed = 1;
    bool overwrite = false;

    bool operator==(const FineTuneRequest&) const = default;

    // Everything that is wrong with the values themselves; files are not opened.
    Problems validate() const;
};

nlohmann::json toJson(const FineTuneRequest& request);
// As enhanceRequestFromJson(). Never throws on any JSON value.
FineTuneRequest fineTuneRequestFromJson(const nlohmann::json& json, Problems& problems);

} // namespace reelmend::jobs
