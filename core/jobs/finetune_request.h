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

enum class Optimizer { kAdamW, kAdamW8 }; // "adamw8": states in 8 bits (train/blockwise_adamw.h)
std::string_view optimizerName(Optimizer optimizer);
std::optional<Optimizer> optimizerFromName(std::string_view name);

enum class RateShape { kCosine, kConstant };
std::string_view rateShapeName(RateShape shape); // "cosine", "constant"
std::optional<RateShape> rateShapeFromName(std::string_view name);

enum class Precision { kAuto, kFloat32, kBFloat16 };
std::string_view precisionName(Precision precision); // "auto", "float32", "bfloat16"
std::optional<Precision> precisionFromName(std::string_view name);

// A low-rank adapter instead of all weights.
struct AdapterSettings {
    std::int64_t rank = 16;
    double alpha = 16;                // the change is scaled by alpha / rank
    std::vector<std::string> modules; // parts of layers' names; empty = every layer
    bool decoder = true;              // the decoder's layers, too
    std::string names = "peft";       // of the adapter's file: "peft" (diffusers), "kohya", "comfy"

    bool operator==(const AdapterSettings&) const = default;
};

// Teaching a model an artist's own footage: everything that the run depends on, so that the same request over the
// same files makes the same weights.
struct FineTuneRequest {
    Task task = Task::kRestore;  // what the footage is to teach
    int scale = 2;               // of upscale: 2 or 4
    std::string model = "lite";  // where it starts: "lite", the path of weights, or a published model's folder
    std::string promptEmbedding; // .safetensors; needed by published models, which are told by text what to do
    // Clips, folders of clips or numbered pictures, folders with "clean" clips and, under the same names, "degraded"
    // ones or "masks", or packed footage (.safetensors).
    std::vector<std::string> data;
    // What comes of it, .safetensors: all weights of lite; of a published model the adapter of its transformer, and
    // beside it that of its decoder as NAME.decoder.safetensors.
    std::string output;

    std::int64_t steps = 500;
    double minutes = 0; // stop after that long; 0 = no limit
    GradientMode gradient = GradientMode::kFull;
    std::int64_t truncationDistance = 1; // D, in groups of frames; of chop
    std::string distanceCourse; // D over the steps: "0..2@600", "adaptive", …; empty = truncationDistance throughout
    std::int64_t gridRows = 1, gridColumns = 1; // parts of the picture that are swept one after another
    std::int64_t frames = 9;                    // of a training clip: 1 + 4 n
    std::int64_t size = 64;                     // side of a crop in pixels, a multiple of 8
    std::int64_t clips = 2;                     // crops of one pass
    std::int64_t accumulation = 2;              // passes of a step
    std::optional<AdapterSettings> adapter;     // none = all weights are taught
    Optimizer optimizer = Optimizer::kAdamW;
    double learningRate = 1e-4;
    std::int64_t warmUp = 50;            // steps until the learning rate is reached
    RateShape rate = RateShape::kCosine; // how it goes on: to 0 along a cosine, or level
    double beta1 = 0.9, beta2 = 0.99;    // of AdamW
    double weightDecay = 0.01;
    double clip = 0.3;             // largest gradient norm; 0 = none
    double averaging = 0.99;       // decay of the averaged weights, which are the result; 0 = the weights as they are
    double pixelWeight = 1;        // of the difference of pixels (Charbonnier)
    double flickerWeight = 0.2;    // of the difference of changes from frame to frame
    double perceptualWeight = 0.1; // of LPIPS
    std::string losses;            // more terms by name, like "0.1*dists+0.05*gram"; empty = none
    std::string device = "auto";   // "auto" (a CUDA device where one answers), "cpu", "cuda", "cuda:1"
    Precision precision = Precision::kAuto;
    bool recompute = false;            // activations are made again in the backward pass: less memory, more time
    bool offload = false;              // idle networks of a published model wait in main memory; for CUDA
    std::int64_t memory = 0;           // bytes that a step may take; 0 = whatever it takes
    std::int64_t validateEvery = 100;  // steps; 0 = never
    std::int64_t validationSize = 192; // side of the pictures that validation looks at, at most
    std::int64_t keepCheckpoints = 3;  // the newest so many, and the best
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
