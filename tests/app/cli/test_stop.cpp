#include <doctest/doctest.h>

#include <csignal>

#include "core/base/files.h"
#include "core/jobs/control_file.h"
#include "core/jobs/job_summary.h"
#include "tests/app/cli/cli_process.h"
#include "tests/core/media/make_clip.h"

using namespace reelmend;
using namespace reelmend::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr int kCancelled = 130;

// A clip whose enlargement takes long enough to be interrupted, and the words to enlarge it.
class LongJob {
public:
    LongJob()
        : clip(place / "clip.mp4")
        , result(place / "out 日本語.mp4")
    {
        ClipSpec spec;
        spec.frames = 240;
        spec.width = 320;
        spec.height = 180;
        spec.audioTracks = 1;
        makeClip(clip, spec);
    }

    std::vector<std::string> words(const fs::path& output) const
    {
        return {"enhance", text(clip), "-o", text(output), "--task", "upscale", "--scale", "4", "--quality", "draft",
            "--json"};
    }

    jobs::JobFolder onlyJob() const
    {
        const auto all = jobs::JobFolder::list(place.jobs());
        REQUIRE(all.size() == 1);
        return all.front();
    }

    CliPlace place;
    fs::path clip, result;
};

bool isSegment(const json& event)
{
    return event.value("type", "") == "segment";
}

std::function<bool(const json&)> isState(const char* state)
{
    return [state](
               const json& event) { return event.value("type", "") == "state" && event.value("state", "") == state; };
}

} // namespace

TEST_CASE("Ctrl-C stops within two seconds and leaves no half file")
{
    const LongJob job;
    CliProcess process(job.place, job.words(job.result));
    process.receiveUntil([](const json& e) { return e.value("type", "") == "progress" && e.value("done", 0) > 10; });
    process.signal(SIGINT);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(process.wait(std::chrono::seconds(10)) == kCancelled);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
    CHECK(job.place.files() == std::vector<std::string>{"clip.mp4"});
}

TEST_CASE("Ctrl-C while a clip is being looked at stops, too")
{
    const LongJob job;
    CliProcess process(job.place, {"compare", text(job.clip), text(job.clip), "--json"});
    process.receive();
    process.signal(SIGINT);
    CHECK(process.wait(std::chrono::seconds(2)) == kCancelled);
}

TEST_CASE("a killed job goes on from its finished pieces to the same bytes")
{
    const LongJob job;
    const fs::path whole = job.place / "whole.mp4";
    REQUIRE(job.place.run(job.words(whole)).exitCode == 0);
    jobs::JobFolder::list(job.place.jobs()).front().remove();

    {
        CliProcess process(job.place, job.words(job.result));
        process.receiveUntil(isSegment);
        // Held where it is, so that the kill surely comes in the middle.
        jobs::sendCommand(job.onlyJob().controlFile(), jobs::Command::kPause);
        process.receiveUntil(isState("paused"));
        process.signal(SIGKILL);
        CHECK(process.wait() == 128 + SIGKILL);
    }
    const jobs::JobFolder folder = job.onlyJob();
    CHECK(jobs::summarise(folder).status.state == jobs::JobState::kInterrupted);
    CHECK_FALSE(fs::exists(job.result));
    CHECK(fs::exists(folder.segmentFolder() / "index.json"));

    const CliResult rest = job.place.run({"run", text(folder.path()), "--json"});
    REQUIRE_MESSAGE(rest.exitCode == 0, rest.err);
    CHECK(rest.last()["frames"] == 240);
    bool saidSo = false;
    for (const json& line : rest.lines()) {
        saidSo = saidSo || line.value("text", "").starts_with("Going on after ");
    }
    CHECK(saidSo);
    CHECK(base::readFile(job.result) == base::readFile(whole));
    CHECK(jobs::summarise(folder).status.state == jobs::JobState::kFinished);
}

TEST_CASE("a job whose clip was replaced does not mix old pieces with new ones")
{
    const LongJob job;
    {
        CliProcess process(job.place, job.words(job.result));
        process.receiveUntil(isSegment);
        process.signal(SIGKILL);
        process.wait();
    }
    ClipSpec other;
    other.frames = 30;
    other.width = 160;
    other.height = 90;
    makeClip(job.clip, other);
    const CliResult rest = job.place.run({"run", text(job.onlyJob().path()), "--json"});
    REQUIRE_MESSAGE(rest.exitCode == 0, rest.err);
    CHECK(rest.last()["frames"] == 30);
}

TEST_CASE("pause holds the work, resume goes on, cancel ends it")
{
    const LongJob job;
    CliProcess process(job.place, job.words(job.result));
    process.receiveUntil([](const json& e) { return e.value("type", "") == "progress" && e.value("done", 0) > 10; });
    const jobs::JobFolder folder = job.onlyJob();
    jobs::sendCommand(folder.controlFile(), jobs::Command::kPause);
    process.receiveUntil(isState("paused"));
    CHECK(jobs::summarise(folder).status.state == jobs::JobState::kPaused);
    jobs::sendCommand(folder.controlFile(), jobs::Command::kResume);
    process.receiveUntil(isState("running"));
    process.receiveUntil([](const json& e) { return e.value("type", "") == "progress"; });
    // Also out of a pause.
    jobs::sendCommand(folder.controlFile(), jobs::Command::kPause);
    process.receiveUntil(isState("paused"));
    const auto begin = std::chrono::steady_clock::now();
    jobs::sendCommand(folder.controlFile(), jobs::Command::kCancel);
    process.receiveUntil(isState("cancelled"));
    CHECK(process.wait(std::chrono::seconds(10)) == kCancelled);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
    CHECK(job.place.files() == std::vector<std::string>{"clip.mp4"});
}

TEST_CASE("a system that goes down leaves an interrupted job, not a cancelled one")
{
    const LongJob job;
    CliProcess process(job.place, job.words(job.result));
    process.receiveUntil(isSegment);
    process.signal(SIGTERM);
    CHECK(process.wait(std::chrono::seconds(5)) == kCancelled);
    CHECK(jobs::summarise(job.onlyJob()).status.state == jobs::JobState::kInterrupted);
}

TEST_CASE("one job is not run twice at a time")
{
    const LongJob job;
    CliProcess process(job.place, job.words(job.result));
    process.receiveUntil([](const json& e) { return e.value("type", "") == "progress" && e.value("done", 0) > 0; });
    const CliResult second = job.place.run({"run", text(job.onlyJob().path())});
    CHECK(second.exitCode == 2);
    CHECK(second.err.find("running") != std::string::npos);
}

TEST_CASE("two jobs do not make the same file")
{
    const LongJob job;
    CliProcess process(job.place, job.words(job.result));
    process.receiveUntil([](const json& e) { return e.value("type", "") == "progress" && e.value("done", 0) > 0; });
    const CliResult second = job.place.run(job.words(job.result));
    CHECK(second.exitCode == 4);
    CHECK(second.last()["error"]["why"].get<std::string>().find("is making it") != std::string::npos);
    CHECK(job.place.jobCount() == 1);
}
