#include <doctest/doctest.h>

#include "core/base/files.h"
#include "core/media/video_reader.h"
#include "tests/app/cli/cli_process.h"
#include "tests/core/media/make_clip.h"

using namespace reelmend;
using namespace reelmend::test;

TEST_CASE("sample makes a clip with sound, the same one each time, and replaces nothing unasked")
{
    const CliPlace place;
    const auto clip = place / "sample é.mp4";
    const CliResult made = place.run({"sample", "-o", text(clip), "--size", "64x36", "--json"});
    REQUIRE_MESSAGE(made.exitCode == 0, made.err);
    CHECK(made.last()["path"] == text(clip));
    REQUIRE(made.lines().size() > 1);
    CHECK(made.lines().front()["type"] == "progress");
    CHECK(made.lines().front()["total"] == made.last()["frames"]);
    const auto reader = media::VideoReader::open(clip);
    CHECK(reader->frameCount() == made.last()["frames"]);
    CHECK(reader->info().header.width == 64);
    CHECK(reader->info().header.streams.size() == 2);
    const auto sound = packetsOf(clip, "audio");
    REQUIRE(sound.size() > 100);
    CHECK(sound.back().seconds == doctest::Approx(reader->info().scan->durationSeconds).epsilon(0.02));

    CHECK(place.run({"sample", "-o", text(clip), "--size", "64x36"}).exitCode == 4);
    const std::string before = base::readFile(clip);
    CHECK(place.run({"sample", "-o", text(clip), "--size", "64x36", "--overwrite"}).exitCode == 0);
    CHECK(base::readFile(clip) == before);
    CHECK(place.run({"sample", "-o", text(place / "b.mp4"), "--size", "large"}).exitCode == 2);
    const CliResult odd = place.run({"sample", "-o", text(place / "b.mp4"), "--size", "65x36"});
    CHECK(odd.exitCode == 2);
    CHECK(odd.err.find("A side is odd") != std::string::npos);
    CHECK(place.run({"sample", "-o", text(place / "b.mp4"), "--size", "-5x5"}).exitCode == 2);
    CHECK(place.run({"sample", "-o", text(place / "no/b.mp4")}).exitCode == 4);
    CHECK(place.files() == std::vector<std::string>{"sample é.mp4"});
}
