#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/time.h"
#include "core/jobs/problem.h"

namespace reelmend::jobs {

enum class Task { kUpscale, kInpaint, kRepair, kHarmonise, kRestore };
enum class Quality { kDraft, kGood, kBest, kLossless };
// Of a result that is a file; kAuto: what suits its container and the quality.
enum class Codec { kAuto, kH264, kH265, kAv1, kVp9, kProRes, kFfv1 };
// A preview makes one frame with the settings of the whole run, as a PNG in the job's folder, and no output file.
enum class Purpose { kResult, kPreview };

std::string_view taskName(Task task); // "upscale", …: the word on the command line and in JSON
std::string_view qualityName(Quality quality);
std::string_view codecName(Codec codec); // "auto", "h264", …
std::optional<Task> taskFromName(std::string_view name);
std::optional<Quality> qualityFromName(std::string_view name);
std::optional<Codec> codecFromName(std::string_view name);

// Largest frame number that a request may name: 38 days at 300 frames per second.
inline constexpr std::int64_t kMaximumFrame = 1'000'000'000;

// A low-rank adapter (LoRA) over a model's weights.
struct AdapterUse {
    std::string path;      // a .safetensors file in diffusers', kohya's or ComfyUI's names
    double strength = 1.0; // its change is multiplied by this

    bool operator==(const AdapterUse&) const = default;
};

// Everything a run needs to be done again: files and settings, no state. Paths are UTF-8 and absolute once a job is
// made of it.
struct EnhanceRequest {
    std::string input;  // clip file, or a sequence pattern "name.%04d.png"
    std::string output; // final name; empty only for a preview
    Purpose purpose = Purpose::kResult;
    Task task = Task::kUpscale;
    // "classical", "lite", the path of a weight file or of a published model's folder, or "auto": the best that is
    // here for the task.
    std::string model = "auto";
    std::string promptEmbedding; // .safetensors; needed by published models, which are told by text what to do
    // Of VACE: 1 = one evaluation at a fixed timestep, more = sampled from noise in so many steps.
    int steps = 1;
    double guidance = 5.0;               // of several steps: away from the negative prompt; 1 = not at all
    std::vector<std::string> references; // of several steps: pictures of what is to appear
    std::vector<AdapterUse> adapters;    // over the weights of lite or of a published model, in this order
    int scale = 2;                       // 2 or 4; used by upscale only
    std::string mask; // picture, video or numbered folder; needed by inpaint and harmonise, not for upscale
    std::optional<base::FrameRange> range; // of source frames; none = the whole clip. One frame for a preview.
    double strength = 1.0;                 // 0 = the source, 1 = all that the model does
    // From faithful (0) to rich in detail (1), for models that have such a dial; none = what suits the task.
    std::optional<double> detail;
    bool deinterlace = false; // the two fields of every frame become one picture before anything else
    Quality quality = Quality::kGood;
    Codec codec = Codec::kAuto; // of the pictures in the output; not for numbered pictures
    bool overwrite = false;     // replace an existing output
    std::uint64_t seed = 0;
    std::string device = "auto"; // "auto", "cpu", "cuda", "cuda:1"

    bool operator==(const EnhanceRequest&) const = default;

    // Everything that is wrong with the values themselves; files are not opened.
    Problems validate() const;
};

// Whether a request may name a device so: "auto", "cpu", "cuda", "cuda:1".
bool isDevice(std::string_view text);

nlohmann::json toJson(const EnhanceRequest& request);

// Reads a request. Unknown fields, wrong types and values out of range go to `problems` (with the field's name); what
// can be read is returned all the same. Never throws on any JSON value.
EnhanceRequest enhanceRequestFromJson(const nlohmann::json& json, Problems& problems);

} // namespace reelmend::jobs
