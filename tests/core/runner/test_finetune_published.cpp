#include <doctest/doctest.h>

#include <ATen/ATen.h>

#include <thread>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/event_log.h"
#include "core/jobs/job_summary.h"
#include "core/media/video_reader.h"
#include "core/models/lora_file.h"
#include "core/runner/finetune_budget.h"
#include "core/runner/finetune_run.h"
#include "core/runner/run_job.h"
#include "tests/core/media/make_clip.h"
#include "tests/core/runner/teach.h"
#include "tests/support/tiny_published.h"

using namespace reelmend;
using namespace reelmend::runner;
namespace fs = std::filesystem;

namespace {

struct Scene {
    Scene()
    {
        fs::create_directory(folder / "clips");
        test::ClipSpec spec;
        spec.frames = 20;
        test::makeClip(folder / "clips" / "a.mp4", spec);
        spec.frames = 18;
        test::makeClip(folder / "clips" / "b.mp4", spec);
        request.data = {base::pathText(folder / "clips")};
        request.output = base::pathText(folder / "taught.safetensors");
        request.steps = 3;
        request.warmUp = 1;
        request.frames = 9;
        request.size = 32;
        request.validationSize = 32;
        request.clips = 1;
        request.accumulation = 1;
        request.learningRate = 2e-2;
        request.perceptualWeight = 0;
        request.validateEvery = 2;
        request.gradient = jobs::GradientMode::kChop;
        request.precision = jobs::Precision::kFloat32;
        request.adapter = jobs::AdapterSettings{4, 4, {"attn"}, true, "peft"};
        request.overwrite = true;
    }

    void useWan(const char* transformer, jobs::Task task)
    {
        test::writeTinyWan(folder / "model", transformer);
        models::writeSafetensors(folder / "prompt.safetensors", {{"prompt_embedding", at::ones({3, 12})}});
        request.model = base::pathText(folder / "model");
        request.promptEmbedding = base::pathText(folder / "prompt.safetensors");
        request.task = task;
    }

    jobs::JobFolder newJob() const { return jobs::JobFolder::create(folder / "jobs", request); }

    // What `enhance` makes of the first clip's frames with these adapters over the model.
    std::vector<video::Frame> enhanced(std::vector<jobs::AdapterUse> adapters, const std::string& mask = {}) const
    {
        jobs::EnhanceRequest run;
        run.input = base::pathText(folder / "clips" / "a.mp4");
        run.output = base::pathText(folder / "out.mkv");
        run.quality = jobs::Quality::kLossless;
        run.task = request.task;
        run.scale = request.scale;
        run.model = request.model;
        run.promptEmbedding = request.promptEmbedding;
        run.adapters = std::move(adapters);
        run.mask = mask;
        run.range = {{0, 3}};
        run.overwrite = true;
        base::Control control;
        const jobs::JobFolder job = jobs::JobFolder::create(folder / "jobs", run);
        CHECK(runJob(job, control, {}) == jobs::JobState::kFinished);
        const auto reader = media::VideoReader::open(base::pathFromText(run.output));
        std::vector<video::Frame> frames;
        for (std::int64_t i = 0; i < 3; ++i) {
            frames.push_back(reader->frame(i));
        }
        return frames;
    }

    test::TemporaryFolder folder;
    jobs::FineTuneRequest request;
};

// What a budget is held against.
std::int64_t bytesOf(const jobs::FineTuneRequest& request)
{
    const fs::path model = base::pathFromText(request.model);
    return static_cast<std::int64_t>(
        PublishedTraining(model / "transformer", model / "vae").bytes(request, c10::Device(c10::kCPU)));
}

// The largest phase of a step, weights not counted.
std::int64_t measuredPeak(const jobs::JobFolder& job)
{
    std::int64_t most = 0;
    for (const jobs::Event& event : jobs::EventReader(job.eventFile()).poll()) {
        if (const auto* step = std::get_if<jobs::StepEvent>(&event.what)) {
            for (const auto& phase : step->phases) {
                most = std::max(most, phase.peakBytes);
            }
        }
    }
    return most;
}

} // namespace

TEST_CASE("what a budget counts on grows with the picture as a step's memory does")
{
    for (const bool decoder : {false, true}) {
        Scene scene;
        scene.useWan("wan_t2v", jobs::Task::kRepair);
        scene.request.adapter->decoder = decoder;
        scene.request.steps = 1;
        scene.request.validateEvery = 0;
        std::int64_t measured = 0, expected = 0;
        for (const std::int64_t size : {32, 64}) {
            scene.request.size = size;
            scene.request.clips = size / 32; // counted as pictures side by side
            const jobs::JobFolder job = scene.newJob();
            REQUIRE(test::teach(job) == jobs::JobState::kFinished);
            measured = measuredPeak(job) - measured;
            expected = bytesOf(scene.request) - expected;
        }
        CAPTURE(measured);
        CAPTURE(expected);
        const double ratio = static_cast<double>(expected) / static_cast<double>(measured);
        CHECK(ratio > 0.8); // rather too much than too little
        CHECK(ratio < 1.6);
    }
}

TEST_CASE("adapters over Wan are taught on clips, resume to the same bytes, and change what enhance makes")
{
    Scene scene;
    scene.useWan("wan_t2v", jobs::Task::kRepair);
    scene.request.distanceCourse = "0..1@2";
    const jobs::JobFolder straight = scene.newJob();
    REQUIRE(test::teach(straight) == jobs::JobState::kFinished);
    const fs::path adapter = scene.folder / "taught.safetensors",
                   decoder = scene.folder / "taught.decoder.safetensors";
    const std::string bytes = base::readFile(adapter), decoderBytes = base::readFile(decoder);
    CHECK(models::loraPart(adapter) == models::LoraPart::kDenoiser);
    CHECK(models::loraPart(decoder) == models::LoraPart::kDecoder);
    int validations = 0;
    std::vector<std::int64_t> distances;
    for (const jobs::Event& event : jobs::EventReader(straight.eventFile()).poll()) {
        validations += std::holds_alternative<jobs::ValidationEvent>(event.what) ? 1 : 0;
        if (const auto* step = std::get_if<jobs::StepEvent>(&event.what)) {
            distances.push_back(step->distance);
        }
    }
    CHECK(distances == std::vector<std::int64_t>{0, 1, 1});
    CHECK(validations == 2); // before the first step and after the second

    const jobs::JobFolder stopped = scene.newJob();
    CHECK(test::teach(stopped, 2) == jobs::JobState::kCancelled);
    CHECK(test::teach(stopped) == jobs::JobState::kFinished);
    CHECK(base::readFile(adapter) == bytes);
    CHECK(base::readFile(decoder) == decoderBytes);

    const auto plain = scene.enhanced({});
    const auto changed = scene.enhanced({{base::pathText(adapter), 1}});
    const auto both = scene.enhanced({{base::pathText(adapter), 1}, {base::pathText(decoder), 1}});
    const auto nothing = scene.enhanced({{base::pathText(adapter), 0}});
    CHECK(video::sameSamples(plain[1], nothing[1]));
    CHECK_FALSE(video::sameSamples(plain[1], changed[1]));
    CHECK_FALSE(video::sameSamples(changed[1], both[1]));
}

TEST_CASE("VACE learns to fill holes, and DOVE to enlarge")
{
    Scene vace;
    vace.useWan("wan_vace", jobs::Task::kInpaint);
    vace.request.adapter->decoder = false;
    vace.request.adapter->names = "comfy";
    vace.request.steps = 1;
    CHECK(test::teach(vace.newJob()) == jobs::JobState::kFinished);
    CHECK(fs::exists(vace.folder / "taught.safetensors"));
    CHECK_FALSE(fs::exists(vace.folder / "taught.decoder.safetensors"));

    Scene dove;
    test::writeTinyDove(dove.folder / "DOVE");
    dove.request.model = base::pathText(dove.folder / "DOVE");
    dove.request.task = jobs::Task::kUpscale;
    dove.request.scale = 4;
    dove.request.steps = 1;
    dove.request.validateEvery = 0;
    REQUIRE(test::teach(dove.newJob()) == jobs::JobState::kFinished);
    CHECK(models::looksLikeLora(dove.folder / "taught.safetensors"));
}

TEST_CASE("what a published model cannot be taught is refused before any work")
{
    Scene scene;
    scene.useWan("wan_t2v", jobs::Task::kRepair);
    CHECK(test::teachingProblem(scene.request).empty());
    jobs::FineTuneRequest changed = scene.request;
    changed.adapter.reset();
    CHECK(test::teachingProblem(changed).find("rank of an adapter") != std::string::npos);
    changed = scene.request;
    changed.task = jobs::Task::kUpscale;
    CHECK(test::teachingProblem(changed).find("inpaint, repair and harmonise") != std::string::npos);
    changed = scene.request;
    changed.size = 40;
    CHECK(test::teachingProblem(changed).find("multiple of 16") != std::string::npos);
    changed = scene.request;
    changed.promptEmbedding.clear();
    CHECK(test::teachingProblem(changed).find("embedding") != std::string::npos);
    changed = scene.request;
    changed.distanceCourse = "1..";
    CHECK(test::teachingProblem(changed).find("0..2@600") != std::string::npos);
    changed.distanceCourse = "adaptive";
    CHECK(test::teachingProblem(changed).empty());
    changed.gradient = jobs::GradientMode::kExact;
    CHECK(test::teachingProblem(changed).find("Only the gradient chop") != std::string::npos);
    changed = scene.request;
    changed.memory = 1'000;
    CHECK(test::teachingProblem(changed).find("Nothing fits") != std::string::npos);
    changed.clips = 8;
    changed.memory = bytesOf(scene.request) * 3 / 2; // one clip, not eight
    CHECK(test::teachingProblem(changed).find("With clips 1 and size 32") != std::string::npos);
    changed.memory = 1'000'000'000;
    CHECK(test::teachingProblem(changed).empty());
    changed = scene.request;
    changed.model = "lite";
    CHECK(test::teachingProblem(changed).find("Only published models") != std::string::npos);
    fs::remove_all(scene.folder / "model" / "vae");
    CHECK(test::teachingProblem(scene.request).find("holds no vae") != std::string::npos);
}

TEST_CASE("a cancel in the middle of a step leaves the state of the step before")
{
    Scene scene;
    scene.useWan("wan_t2v", jobs::Task::kRepair);
    scene.request.steps = 2;
    scene.request.validateEvery = 0;
    const jobs::JobFolder straight = scene.newJob();
    REQUIRE(test::teach(straight) == jobs::JobState::kFinished);
    const std::string bytes = base::readFile(scene.folder / "taught.safetensors");

    const jobs::JobFolder stopped = scene.newJob();
    base::Control control;
    RunOptions options;
    std::jthread stop;
    options.onEvent = [&](const jobs::Event& event) {
        if (std::holds_alternative<jobs::StepEvent>(event.what)) { // the second step begins now
            stop = std::jthread([&control] { control.requestCancel(); });
        }
    };
    CHECK(runJob(stopped, control, options) == jobs::JobState::kCancelled);
    CHECK(test::teach(stopped) == jobs::JobState::kFinished);
    CHECK(base::readFile(scene.folder / "taught.safetensors") == bytes);
}
