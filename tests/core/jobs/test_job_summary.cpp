#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/event_log.h"
#include "core/jobs/job_summary.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::jobs;

namespace {

JobFolder newJob(const std::filesystem::path& root)
{
    EnhanceRequest request;
    request.input = "/in.mp4";
    request.output = "/out.mp4";
    return JobFolder::create(root, request);
}

} // namespace

TEST_CASE("a job waits, runs, and is interrupted when nobody holds its lock")
{
    const test::TemporaryFolder root;
    const JobFolder job = newJob(root.path());
    CHECK(summarise(job).status.state == JobState::kWaiting);
    {
        const auto lock = job.tryLock();
        EventWriter events(job.eventFile());
        events.write(StateEvent{JobState::kRunning});
        events.write(ProgressEvent{"enhancing", 5, 20, 2.5, 6.0});
        const JobSummary running = summarise(job);
        CHECK(running.status.state == JobState::kRunning);
        CHECK(running.status.done == 5);
        CHECK(running.status.total == 20);
        events.write(StateEvent{JobState::kPaused});
        CHECK(summarise(job).status.state == JobState::kPaused);
    }
    CHECK(summarise(job).status.state == JobState::kInterrupted);
    CHECK(summarise(job).toJson()["state"] == "interrupted");
}

TEST_CASE("an ended job says how, a new start forgets it")
{
    const test::TemporaryFolder root;
    const JobFolder job = newJob(root.path());
    const auto lock = job.tryLock();
    EventWriter events(job.eventFile());
    events.write(StateEvent{JobState::kRunning});
    events.write(FailureEvent{base::ErrorKind::kDiskFull, "what", "why", "hint"});
    events.write(StateEvent{JobState::kFailed});
    const nlohmann::json failed = summarise(job).toJson();
    CHECK(failed["state"] == "failed");
    CHECK(failed["failure"]["kind"] == "disk-full");
    CHECK(failed["result"].is_null());
    events.write(StateEvent{JobState::kRunning});
    events.write(ResultEvent{"/out.mp4", 20, 3.5});
    events.write(StateEvent{JobState::kFinished});
    const nlohmann::json finished = summarise(job).toJson();
    CHECK(finished["state"] == "finished");
    CHECK(finished["failure"].is_null());
    CHECK(finished["result"] == "/out.mp4");
    CHECK(finished["request"]["input"] == "/in.mp4");
    CHECK(finished["job"] == job.id());
}

TEST_CASE("a state that stands far from the end of a long file is found")
{
    const test::TemporaryFolder root;
    const JobFolder job = newJob(root.path());
    const auto lock = job.tryLock();
    EventWriter events(job.eventFile());
    events.write(StateEvent{JobState::kRunning});
    for (int i = 0; i < 3000; ++i) {
        events.write(ProgressEvent{"enhancing", i, 3000, 10, 1});
    }
    CHECK(summarise(job).status.state == JobState::kRunning);
    CHECK(summarise(job).status.done == 2999);
    events.write(ResultEvent{"/out.mp4", 3000, 1});
    events.write(StateEvent{JobState::kFinished});
    CHECK(summarise(job).status.state == JobState::kFinished);
    CHECK(summarise(job).status.total == 3000);
}

TEST_CASE("a job whose process died before its first word is interrupted, one that was just started waits")
{
    const test::TemporaryFolder root;
    const JobFolder job = newJob(root.path());
    base::writeFileAtomically(job.logFile(), "error while loading shared libraries\n");
    CHECK(summarise(job).status.state == JobState::kWaiting);
    std::filesystem::last_write_time(
        job.logFile(), std::filesystem::file_time_type::clock::now() - std::chrono::minutes(1));
    CHECK(summarise(job).status.state == JobState::kInterrupted);
    const auto lock = job.tryLock();
    CHECK(summarise(job).status.state == JobState::kWaiting);
}
