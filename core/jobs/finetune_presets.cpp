#include "core/jobs/finetune_presets.h"

#include <algorithm>

namespace reelmend::jobs {

namespace {

// What the paper's tasks share: AdamW(0.9, 0.99), one clip a step, D = 1, the rate level after a short start.
FineTuneRequest paperRequest(Task task)
{
    FineTuneRequest request;
    request.task = task;
    request.gradient = GradientMode::kChop;
    request.truncationDistance = 1;
    request.clips = 1;
    request.accumulation = 1;
    request.rate = RateShape::kConstant;
    request.warmUp = 100;
    request.learningRate = 1e-5;
    request.weightDecay = 0.1;
    request.clip = 0.1;
    request.averaging = 0;
    request.flickerWeight = 0;
    request.pixelWeight = 1;
    request.perceptualWeight = 100;
    request.gridRows = request.gridColumns = 2;
    request.frames = 49;
    request.size = 640;
    request.recompute = true;
    return request;
}

FineTuneRequest paperUpscale()
{
    FineTuneRequest request = paperRequest(Task::kUpscale); // with DOVE's second stage's optimizer
    request.scale = 4;
    request.gridRows = request.gridColumns = 1;
    request.learningRate = 5e-6;
    request.beta2 = 0.95;
    request.weightDecay = 1e-4;
    request.clips = 2;
    request.perceptualWeight = 0.1;
    request.frames = 25;
    request.size = 448;
    request.steps = 500;
    return request;
}

FineTuneRequest paperRepair()
{
    FineTuneRequest request = paperRequest(Task::kRepair);
    request.frames = 81;
    request.steps = 880;
    return request;
}

FineTuneRequest paperInpaint()
{
    FineTuneRequest request = paperRequest(Task::kInpaint);
    request.steps = 10'000;
    return request;
}

FineTuneRequest paperHarmonise()
{
    FineTuneRequest request = paperRequest(Task::kHarmonise);
    request.adapter = AdapterSettings{.rank = 32, .alpha = 32, .modules = {"transformer"}, .decoder = false};
    request.learningRate = 2e-4;
    request.gridRows = request.gridColumns = 4;
    request.perceptualWeight = 1;
    request.size = 960;
    request.steps = 1000;
    return request;
}

// Half an hour on two cores, in well under 2 GB.
FineTuneRequest smallRequest(Task task, std::int64_t steps)
{
    FineTuneRequest request;
    request.task = task;
    request.steps = steps;
    request.frames = 9;
    request.size = 64;
    request.clips = 2;
    request.accumulation = 2;
    request.learningRate = 1e-4;
    request.validateEvery = 100;
    return request;
}

} // namespace

const std::vector<FineTunePreset>& fineTunePresets()
{
    static const std::vector<FineTunePreset> kPresets{
        {"paper-upscale", "ChopGrad's video super-resolution: from DOVE's optimizer, 500 steps", paperUpscale()},
        {"paper-repair", "ChopGrad's artifact removal: 880 steps of 81 frames, D = 1, 2x2 parts", paperRepair()},
        {"paper-inpaint", "ChopGrad's inpainting: 10,000 steps of 49 frames, D = 1, 2x2 parts", paperInpaint()},
        {"paper-harmonise", "ChopGrad's driving scenes: an adapter, 1000 steps, D = 1, 4x4 parts", paperHarmonise()},
        {"small-upscale", "For two cores: doubles the size", smallRequest(Task::kUpscale, 500)},
        {"small-restore", "For two cores: noise and compression", smallRequest(Task::kRestore, 500)},
        {"small-inpaint", "For two cores: what fills a hole", smallRequest(Task::kInpaint, 500)},
        {"small-repair", "For two cores: what neural rendering leaves", smallRequest(Task::kRepair, 500)},
        {"small-harmonise", "For two cores: inserted objects", smallRequest(Task::kHarmonise, 500)},
    };
    return kPresets;
}

std::optional<FineTunePreset> fineTunePreset(std::string_view name)
{
    const auto found = std::find_if(fineTunePresets().begin(), fineTunePresets().end(),
        [&](const FineTunePreset& preset) { return preset.name == name; });
    return found == fineTunePresets().end() ? std::nullopt : std::optional(*found);
}

std::string fineTunePresetNames()
{
    std::string names;
    for (const FineTunePreset& preset : fineTunePresets()) {
        names += (names.empty() ? "" : ", ") + preset.name;
    }
    return names;
}

} // namespace reelmend::jobs
