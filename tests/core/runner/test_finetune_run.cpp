#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <nlohmann/json.hpp>

#include <cmath>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/control_file.h"
#include "core/jobs/event_log.h"
#include "core/jobs/job_summary.h"
#include "core/media/picture.h"
#include "core/models/lite_file.h"
#include "core/runner/finetune_codec.h"
#include "core/runner/finetune_data.h"
#include "core/runner/finetune_run.h"
#include "core/runner/run_job.h"
#include "core/train/clip_pack.h"
#include "tests/core/media/make_clip.h"
#include "tests/core/runner/teach.h"
#include "tests/core/train/tiny_lite.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::runner;
namespace fs = std::filesystem;

namespace {

struct Scene {
    Scene()
    {
        models::LiteWeights weights = test::tinyLite();
        models::saveLite(folder / "start.safetensors", weights, at::kFloat);
        fs::create_directory(folder / "clips");
        for (const char* name : {"a.mp4", "b.mp4"}) {
            test::ClipSpec spec;
            spec.frames = 30;
            test::makeClip(folder / "clips" / name, spec);
        }
        request.model = base::pathText(folder / "start.safetensors");
        request.data = {base::pathText(folder / "clips")};
        request.output = base::pathText(folder / "taught.safetensors");
        request.steps = 8;
        request.warmUp = 2;
        request.frames = 5;
        request.size = 32;
        request.clips = 1;
        request.accumulation = 1;
        request.learningRate = 1e-3;
        request.perceptualWeight = 0;
        request.validateEvery = 4;
        request.overwrite = true;
    }

    jobs::JobFolder newJob() const { return jobs::JobFolder::create(folder / "jobs", request); }

    test::TemporaryFolder folder;
    jobs::FineTuneRequest request;
};

} // namespace

TEST_CASE("a training that was stopped anywhere goes on to the same bytes")
{
    for (const jobs::GradientMode mode : {jobs::GradientMode::kFull, jobs::GradientMode::kChop}) {
        Scene scene;
        scene.request.gradient = mode;
        const jobs::JobFolder straight = scene.newJob();
        REQUIRE(test::teach(straight) == jobs::JobState::kFinished);
        const std::string bytes = base::readFile(scene.folder / "taught.safetensors");
        CHECK(bytes != base::readFile(scene.folder / "start.safetensors"));
        int steps = 0, validations = 0;
        for (const jobs::Event& event : jobs::EventReader(straight.eventFile()).poll()) {
            if (const auto* step = std::get_if<jobs::StepEvent>(&event.what)) {
                CHECK(step->step == ++steps);
                CHECK(step->loss > 0);
                CHECK_FALSE(step->isRejected);
            }
            validations += std::holds_alternative<jobs::ValidationEvent>(event.what) ? 1 : 0;
        }
        CHECK(steps == 8);
        CHECK(validations == 3); // before the first step, after the fourth and the last
        CHECK(jobs::summarise(straight).fineTune == scene.request);

        for (const int stopAfter : {3}) {
            const jobs::JobFolder job = scene.newJob();
            CHECK(test::teach(job, stopAfter) == jobs::JobState::kCancelled);
            // What a process that is killed leaves behind is the last checkpoint, and perhaps half a new one.
            base::writeFileAtomically(job.path() / "checkpoint.part.safetensors", "half");
            CHECK(test::teach(job) == jobs::JobState::kFinished);
            CHECK(base::readFile(scene.folder / "taught.safetensors") == bytes);
        }
    }
}

TEST_CASE("losses by name teach something else than the usual ones alone")
{
    Scene plain, more;
    plain.request.steps = more.request.steps = 2;
    more.request.losses = "census+wavelet";
    REQUIRE(test::teach(plain.newJob()) == jobs::JobState::kFinished);
    REQUIRE(test::teach(more.newJob()) == jobs::JobState::kFinished);
    CHECK(base::readFile(plain.folder / "taught.safetensors") != base::readFile(more.folder / "taught.safetensors"));
}

TEST_CASE("what cannot teach is refused before any work, by name")
{
    Scene scene;
    CHECK(test::teachingProblem(scene.request).empty());
    jobs::FineTuneRequest changed = scene.request;
    changed.data = {base::pathText(scene.folder / "nowhere")};
    CHECK(test::teachingProblem(changed).find("nowhere") != std::string::npos);
    fs::create_directory(scene.folder / "empty");
    changed.data = {base::pathText(scene.folder / "empty")};
    CHECK(test::teachingProblem(changed).find("no clip") != std::string::npos);
    changed = scene.request;
    changed.frames = 33;
    CHECK(test::teachingProblem(changed).find("30 frames") != std::string::npos);
    changed = scene.request;
    changed.device = "gpu";
    CHECK(test::teachingProblem(changed).find("auto, cpu, cuda") != std::string::npos);
    changed = scene.request;
    changed.frames = 6;
    CHECK_FALSE(test::teachingProblem(changed).empty());
    changed = scene.request;
    changed.overwrite = false;
    base::writeFileAtomically(scene.folder / "taught.safetensors", "something");
    CHECK_FALSE(test::teachingProblem(changed).empty());
    changed = scene.request;
    base::writeFileAtomically(scene.folder / "other.safetensors", "no weights");
    changed.model = base::pathText(scene.folder / "other.safetensors");
    CHECK_FALSE(test::teachingProblem(changed).empty());

    changed = scene.request;
    changed.losses = "0.1*census+styl";
    CHECK(test::teachingProblem(changed).find("\"styl\" is not a loss") != std::string::npos);
    changed.losses = "ms-ssim";
    CHECK(test::teachingProblem(changed).find("176 pixels") != std::string::npos);
    changed.losses = "warp";
    CHECK(test::teachingProblem(changed).find("flow") != std::string::npos);
    changed.losses = "0.1*census+focal-frequency@0.5";
    CHECK(test::teachingProblem(changed).empty());

    // Pairs that do not match are named, with both lengths or sizes.
    for (const char* part : {"clean", "degraded"}) {
        fs::create_directories(scene.folder / "pairs" / part);
    }
    test::ClipSpec spec;
    spec.frames = 20;
    test::makeClip(scene.folder / "pairs" / "clean" / "x.mp4", spec);
    changed = scene.request;
    changed.data = {base::pathText(scene.folder / "pairs")};
    CHECK(test::teachingProblem(changed).find("x.mp4") != std::string::npos);
    spec.frames = 19;
    test::makeClip(scene.folder / "pairs" / "degraded" / "x.mp4", spec);
    CHECK(test::teachingProblem(changed).find("19 frames") != std::string::npos);
    spec.frames = 20;
    spec.width = 64;
    test::makeClip(scene.folder / "pairs" / "degraded" / "x.mp4", spec);
    CHECK(test::teachingProblem(changed).find("64x64") != std::string::npos);
}

TEST_CASE("masks belong to clips by name, damage by a codec is drawn from the seed, and footage is packed once")
{
    Scene scene;
    for (const char* part : {"clean", "masks"}) {
        fs::create_directories(scene.folder / "masked" / part);
    }
    test::ClipSpec spec;
    spec.frames = 30;
    test::makeClip(scene.folder / "masked" / "clean" / "x.mp4", spec);
    jobs::FineTuneRequest request = scene.request;
    request.data = {base::pathText(scene.folder / "masked")};
    CHECK(test::teachingProblem(request).find("masks") != std::string::npos); // none of that name
    media::writePng(scene.folder / "masked" / "masks" / "x.png", video::Image8(17, 9, 1, 255));
    CHECK(test::teachingProblem(request).find("17x9") != std::string::npos);
    media::writePng(scene.folder / "masked" / "masks" / "x.png", video::Image8(spec.width, spec.height, 1, 255));
    CHECK(test::teachingProblem(request).empty());

    const FfmpegDamage codec;
    const base::Control control;
    const auto silent = [](base::LogLevel, std::string_view) {};
    const TeachingData data = findTeachingData(request, nullptr);
    std::string bytes[2];
    for (int i = 0; i < 2; ++i) {
        const fs::path folder = scene.folder / ("pack" + std::to_string(i));
        fs::create_directory(folder);
        if (i == 1) {
            fs::remove_all(base::cacheFolder() / "teaching");
        }
        const PackedData packed = packTeachingData(data, request, folder, 64e6, codec, control, silent);
        REQUIRE(packed.training.size() == 1);
        bytes[i] = base::readFile(packed.training.front(), 1 << 30);
        const train::ClipPack pack(packed.training);
        const train::PackedSegment& segment = pack.segments().front();
        CHECK_FALSE(segment.mask.empty());
        REQUIRE(segment.variants.size() == 2);
        const train::Pixels clean = pack.read(segment.tensor, 0, 1, 0, 0, 16, 16);
        const train::Pixels coded = pack.read(segment.variants[0].tensor, 0, 1, 0, 0, 16, 16);
        CHECK(clean.values != coded.values);
    }
    CHECK(bytes[0] == bytes[1]);
}

TEST_CASE("damage made on the fly by a codec follows from the key alone")
{
    const FfmpegDamage codec;
    train::Pixels frames(5, 3, 32, 48);
    for (std::size_t i = 0; i < frames.values.size(); ++i) {
        frames.values[i] = 0.5f + 0.4f * std::sin(0.1f * static_cast<float>(i));
    }
    int differing = 0; // two keys may draw the same codec and quality
    for (std::uint64_t key = 0; key < 6; ++key) {
        train::Random one(key), two(key), other(key + 100);
        const train::Pixels first = codec.damaged(frames, one);
        CHECK(first.frames == 5);
        CHECK(first.values == codec.damaged(frames, two).values);
        CHECK(first.values != frames.values);
        differing += first.values != codec.damaged(frames, other).values;
    }
    CHECK(differing >= 3);
}

TEST_CASE("a request survives JSON, and what is wrong in it is told by field")
{
    Scene scene;
    jobs::Problems problems;
    CHECK(jobs::fineTuneRequestFromJson(jobs::toJson(scene.request), problems) == scene.request);
    CHECK(problems.empty());
    nlohmann::json json = jobs::toJson(scene.request);
    json["gradient"] = "sideways";
    json["steps"] = -3;
    json["size"] = 33;
    json["colour"] = "red";
    json["losses"] = std::string(1001, 'x');
    jobs::fineTuneRequestFromJson(json, problems);
    for (const char* field : {"gradient", "steps", "size", "colour", "losses"}) {
        CHECK(jobs::hasProblem(problems, field));
    }
    for (const nlohmann::json& odd : {nlohmann::json(3), nlohmann::json::array(), nlohmann::json{{"data", 7}}}) {
        problems.clear();
        jobs::fineTuneRequestFromJson(odd, problems);
        CHECK_FALSE(problems.empty());
    }
}
