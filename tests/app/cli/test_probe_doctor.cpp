#include <doctest/doctest.h>

#include "core/base/files.h"
#include "tests/app/cli/cli_process.h"
#include "tests/core/media/make_clip.h"

using namespace reelmend;
using namespace reelmend::test;

TEST_CASE("probe says what a clip is, for people and for scripts")
{
    const CliPlace place;
    const auto clip = place / "clip.mp4";
    ClipSpec spec;
    spec.frames = 30;
    spec.audioTracks = 1;
    makeClip(clip, spec);
    const CliResult json = place.run({"probe", text(clip), "--json"});
    CHECK(json.exitCode == 0);
    CHECK(json.lines().size() == 1);
    CHECK(json.last()["frames"] == 30);
    CHECK(json.last()["width"] == 96);
    CHECK(json.last()["header"]["codec"] == "h264");
    CHECK(json.last()["scan"]["frames"] == 30);
    CHECK(json.last()["scan"]["checked"] == true);
    CHECK(json.last()["scan"]["damaged"].empty());
    const CliResult plain = place.run({"probe", text(clip)});
    CHECK(plain.exitCode == 0);
    CHECK(plain.out.find("96x64") != std::string::npos);
    CHECK(plain.out.find("30 frames") != std::string::npos);
    CHECK(plain.err.empty());
}

TEST_CASE("doctor gives every line a status, and says what to do where something is not good")
{
    const CliPlace place;
    const CliResult result = place.run({"doctor", "--json"});
    CHECK((result.exitCode == 0 || result.exitCode == 7));
    const nlohmann::json report = result.last();
    REQUIRE(report["checks"].is_array());
    CHECK(report["checks"].size() > 10);
    bool hasFfv1 = false;
    for (const nlohmann::json& check : report["checks"]) {
        const std::string status = check["status"];
        CHECK((status == "good" || status == "missing" || status == "broken"));
        CHECK_MESSAGE((status == "good" || !check["hint"].get<std::string>().empty()), check.dump());
        CHECK(!check["text"].get<std::string>().empty());
        hasFfv1 = hasFfv1 || (check["name"] == "FFV1" && status == "good");
    }
    CHECK(hasFfv1);
    CHECK((report["well"] == true) == (result.exitCode == 0));
    const CliResult plain = place.run({"doctor"});
    CHECK(plain.out.find("FFmpeg") != std::string::npos);
    CHECK(place.files().empty());
}

TEST_CASE("doctor finds a data folder that cannot be written")
{
    CliPlace place;
    base::writeFileAtomically(place / "a file", "x");
    place.setDataFolder(place / "a file/below");
    const CliResult result = place.run({"doctor", "--json"});
    CHECK(result.exitCode == 7);
    CHECK(result.last()["well"] == false);
}

TEST_CASE("the program says its version, its help, and what it does not understand")
{
    const CliPlace place;
    CHECK(place.run({"--version"}).out.starts_with("reelmend-cli "));
    const CliResult help = place.run({"--help"});
    CHECK(help.exitCode == 0);
    for (const char* name : {"probe", "enhance", "compare", "sample", "doctor", "run", "serve", "jobs"}) {
        CHECK_MESSAGE(help.out.find(name) != std::string::npos, name);
        const CliResult detail = place.run({name, "--help"});
        CHECK(detail.exitCode == 0);
        CHECK(detail.out.find("--help") != std::string::npos);
    }
    const CliResult none = place.run({});
    CHECK(none.exitCode == 2);
    CHECK(none.out.empty());
    CHECK(place.run({"fly"}).exitCode == 2);
    const CliResult json = place.run({"probe", "--json"});
    CHECK(json.exitCode == 2);
    CHECK(json.last()["error"]["kind"] == "usage");
}

TEST_CASE("an answer that cannot be printed is no success")
{
    const CliPlace place;
    const auto clip = place / "clip.mp4";
    ClipSpec spec;
    spec.frames = 3;
    makeClip(clip, spec);
    const CliResult full =
        place.runThrough({"/bin/bash", "-c", "exec \"$0\" \"$@\" > /dev/full"}, {"probe", text(clip)});
    CHECK(full.exitCode == 5);
    CHECK(full.err.find("could not be printed") != std::string::npos);
    CHECK(place.runThrough({"/bin/bash", "-c", "exec \"$0\" \"$@\" >&-"}, {"probe", text(clip)}).exitCode == 0);
}
