#include <doctest/doctest.h>

#include "core/base/files.h"
#include "core/jobs/job_summary.h"
#include "tests/app/cli/cli_process.h"
#include "tests/core/media/make_clip.h"

using namespace reelmend;
using namespace reelmend::test;

TEST_CASE("a detached job goes on by itself, is listed, and cleaned away when finished")
{
    const CliPlace place;
    const auto clip = place / "clip.mp4";
    makeClip(clip, {});
    const auto result = place / "out.mp4";
    const CliResult started =
        place.run({"enhance", text(clip), "-o", text(result), "--task", "upscale", "--detach", "--json"});
    REQUIRE(started.exitCode == 0);
    const std::string id = started.last()["job"];
    const jobs::JobFolder job = jobs::JobFolder::find(place.jobs(), id);
    CHECK(becomes([&] { return jobs::summarise(job).status.state == jobs::JobState::kFinished; }));
    CHECK(becomes([&] { return !job.isLocked(); }));
    CHECK(std::filesystem::exists(result));
    CHECK(std::filesystem::exists(job.logFile()));
    const nlohmann::json list = place.run({"jobs", "list", "--json"}).last()["jobs"];
    REQUIRE(list.size() == 1);
    CHECK(list[0]["job"] == id);
    const CliResult plain = place.run({"jobs", "list"});
    CHECK(plain.out.find(id) != std::string::npos);
    CHECK(plain.out.find("finished") != std::string::npos);
    CHECK(place.run({"jobs", "pause", id}).exitCode == 2);
    const CliResult again = place.run({"run", text(job.path())});
    CHECK(again.exitCode == 2);
    CHECK(again.err.find("It is finished") != std::string::npos);
    CHECK(jobs::summarise(job).status.state == jobs::JobState::kFinished);
    CHECK(place.run({"jobs", "cancel", "20200101-000000-000000"}).exitCode == 2);
    CHECK(place.run({"jobs", "clean", "--json"}).last()["removed"] == 1);
    CHECK(place.jobCount() == 0);
    CHECK(std::filesystem::exists(result));
}

TEST_CASE("what is no job folder is refused")
{
    const CliPlace place;
    for (const char* name : {"missing", "."}) {
        const CliResult result = place.run({"run", text(place / name), "--json"});
        CHECK(result.exitCode == 3);
        CHECK(result.last()["error"]["kind"] == "input");
    }
    std::filesystem::create_directories(place / "job");
    base::writeFileAtomically(place / "job/request.json", R"({"kind":"enhance","request":{"scale":99}})");
    const CliResult wrong = place.run({"run", text(place / "job"), "--json"});
    CHECK(wrong.exitCode == 2);
    CHECK(wrong.last()["error"]["problems"].size() > 1);
}
