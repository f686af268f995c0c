#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/control_file.h"
#include "core/jobs/event_log.h"
#include "core/jobs/job_summary.h"
#include "core/media/video_reader.h"
#include "core/runner/capabilities.h"
#include "core/runner/model_choice.h"
#include "core/runner/run_job.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::runner;
namespace fs = std::filesystem;

namespace {

class Scene {
public:
    explicit Scene(int frames = 50)
    {
        test::ClipSpec spec;
        spec.frames = frames;
        spec.audioTracks = 1;
        test::makeClip(folder / "clip.mp4", spec);
        request.input = base::pathText(folder / "clip.mp4");
        request.output = base::pathText(folder / "out.mp4");
        request.model = "classical";
    }

    jobs::JobFolder newJob() const { return jobs::JobFolder::create(folder / "jobs", request); }

    test::TemporaryFolder folder;
    jobs::EnhanceRequest request;
};

RunOptions shortSegments()
{
    RunOptions options;
    options.segmentFrames = 10;
    return options;
}

} // namespace

TEST_CASE("a job runs to its end, and its folder tells the whole story")
{
    const Scene scene;
    const jobs::JobFolder job = scene.newJob();
    base::Control control;
    std::vector<jobs::Event> seen;
    RunOptions options = shortSegments();
    options.onEvent = [&](const jobs::Event& event) { seen.push_back(event); };
    CHECK(runJob(job, control, options) == jobs::JobState::kFinished);
    const jobs::JobSummary summary = jobs::summarise(job);
    CHECK(summary.status.state == jobs::JobState::kFinished);
    CHECK(summary.status.result == scene.request.output);
    CHECK(summary.status.done == 50);
    CHECK(media::VideoReader::open(scene.folder / "out.mp4")->frameCount() == 50);
    const std::vector<jobs::Event> stored = jobs::EventReader(job.eventFile()).poll();
    CHECK(stored.size() == seen.size());
    std::int64_t covered = 0;
    for (const jobs::Event& event : stored) {
        if (const auto* segment = std::get_if<jobs::SegmentEvent>(&event.what)) {
            CHECK(segment->range.begin == covered);
            covered = segment->range.end;
        }
    }
    CHECK(covered == 50);
    CHECK_FALSE(job.isLocked());
}

TEST_CASE("a job that is stopped after any segment goes on to the same bytes")
{
    const Scene scene;
    {
        base::Control control;
        REQUIRE(runJob(scene.newJob(), control, shortSegments()) == jobs::JobState::kFinished);
    }
    const std::string whole = base::readFile(scene.folder / "out.mp4");
    for (const int stopAfter : {1, 3, 5}) {
        fs::remove(scene.folder / "out.mp4");
        const jobs::JobFolder job = scene.newJob();
        int segments = 0;
        base::Control first;
        RunOptions options = shortSegments();
        options.isShutDown = [] { return true; };
        options.onEvent = [&](const jobs::Event& event) {
            if (std::holds_alternative<jobs::SegmentEvent>(event.what) && ++segments == stopAfter) {
                first.requestCancel();
            }
        };
        CHECK(runJob(job, first, options) == jobs::JobState::kInterrupted);
        CHECK_FALSE(fs::exists(scene.folder / "out.mp4"));
        CHECK(jobs::summarise(job).status.state == jobs::JobState::kInterrupted);
        base::Control second;
        CHECK(runJob(job, second, shortSegments()) == jobs::JobState::kFinished);
        CHECK(base::readFile(scene.folder / "out.mp4") == whole);
        const auto report = nlohmann::json::parse(base::readFile(job.reportFile()));
        CHECK(report["framesMade"] == 50 - 10 * stopAfter);
    }
}

TEST_CASE("a job that was cancelled before it began does no work")
{
    const Scene scene;
    const jobs::JobFolder job = scene.newJob();
    jobs::sendCommand(job.controlFile(), jobs::Command::kCancel);
    base::Control control;
    CHECK(runJob(job, control, {}) == jobs::JobState::kCancelled);
    CHECK_FALSE(fs::exists(job.segmentFolder()));
    CHECK(jobs::summarise(job).status.state == jobs::JobState::kCancelled);
    // The command is used up: the next start works.
    base::Control again;
    CHECK(runJob(job, again, {}) == jobs::JobState::kFinished);
}

TEST_CASE("a failure is an event with what, why and what to do, and a report")
{
    Scene scene;
    scene.request.range = {{40, 51}};
    const jobs::JobFolder job = scene.newJob();
    base::Control control;
    CHECK(runJob(job, control, {}) == jobs::JobState::kFailed);
    const jobs::JobSummary summary = jobs::summarise(job);
    REQUIRE(summary.status.failure);
    CHECK(summary.status.failure->kind == base::ErrorKind::kUsage);
    CHECK(summary.status.failure->why.find("50 frames") != std::string::npos);
    CHECK_FALSE(summary.status.failure->hint.empty());
    CHECK(nlohmann::json::parse(base::readFile(job.reportFile()))["outcome"] == "failed");
}

TEST_CASE("an output that appears while the job runs is not replaced")
{
    const Scene scene;
    const jobs::JobFolder job = scene.newJob();
    base::Control control;
    RunOptions options = shortSegments();
    options.onEvent = [&](const jobs::Event& event) {
        if (std::holds_alternative<jobs::SegmentEvent>(event.what)) {
            base::writeFileAtomically(scene.folder / "out.mp4", "somebody else's");
        }
    };
    CHECK(runJob(job, control, options) == jobs::JobState::kFailed);
    CHECK(base::readFile(scene.folder / "out.mp4") == "somebody else's");
    CHECK(fs::exists(job.segmentFolder() / "index.json")); // the work is not lost
}

TEST_CASE("cancelling while the pieces are joined leaves nothing under the final name")
{
    const Scene scene;
    const jobs::JobFolder job = scene.newJob();
    base::Control control;
    RunOptions options = shortSegments();
    options.onEvent = [&](const jobs::Event& event) {
        const auto* progress = std::get_if<jobs::ProgressEvent>(&event.what);
        if (progress && progress->phase == "joining") {
            control.requestCancel();
        }
    };
    CHECK(runJob(job, control, options) == jobs::JobState::kCancelled);
    int files = 0;
    for (const auto& entry : fs::directory_iterator(scene.folder.path())) {
        files += entry.is_regular_file() ? 1 : 0;
    }
    CHECK(files == 1); // the clip
}

TEST_CASE("what this program cannot do is told by field")
{
    jobs::EnhanceRequest plain;
    plain.model = "classical";
    jobs::EnhanceRequest request = plain;
    CHECK(unsupported(request).empty());
    request.model = "dream";
    CHECK(jobs::hasProblem(unsupported(request), "model"));
    request = plain;
    request.task = jobs::Task::kRepair;
    CHECK(jobs::hasProblem(unsupported(request), "task"));
    request = plain;
    request.detail = 0.5;
    CHECK(jobs::hasProblem(unsupported(request), "detail"));
    request = plain;
    request.device = "cuda:0";
    CHECK(jobs::hasProblem(unsupported(request), "device"));
    const nlohmann::json can = capabilities();
    CHECK(can["tasks"].size() == (hasLite() ? 5 : 3));
    CHECK(can["models"].back() == "classical");
    CHECK(can["models"].size() == (hasLite() ? 2 : 1));
    CHECK(can["model_tasks"]["classical"].size() == 3);
    // "auto" is the best that is here.
    request = {};
    CHECK(unsupported(request).empty());
    CHECK(resolved(request).model == (hasLite() ? "lite" : "classical"));
}
