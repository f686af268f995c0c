// Real footage, and what a run that changes nothing has to leave alone.
#include <doctest/doctest.h>

#include "core/base/files.h"
#include "core/media/video_reader.h"
#include "core/video/convert.h"
#include "tests/app/cli/cli_process.h"
#include "tests/core/media/make_clip.h"

using namespace reelmend;
using namespace reelmend::test;
namespace fs = std::filesystem;

namespace {

// Runs "enhance" with a strength of 0 and without loss, and sees that every sample and every tag is the source's.
void changesNothing(const CliPlace& place, const fs::path& clip, const std::string& range)
{
    const fs::path result = place / "same.mkv";
    const CliResult run = place.run({"enhance", text(clip), "-o", text(result), "--task", "restore", "--model",
        "classical", "--strength", "0", "--quality", "lossless", "--range", range, "--overwrite"});
    REQUIRE_MESSAGE(run.exitCode == 0, run.err);
    const auto made = media::VideoReader::open(result);
    const auto source = media::VideoReader::open(clip);
    CHECK(made->info().header.colour == source->info().header.colour);
    CHECK(made->info().header.pixelAspect == source->info().header.pixelAspect);
    CHECK(made->info().header.rotationDegrees == source->info().header.rotationDegrees);
    const base::FrameRange frames = base::parseRange(range, source->frameCount());
    REQUIRE(made->frameCount() == frames.size());
    for (std::int64_t i = 0; i < made->frameCount(); ++i) {
        CHECK(video::sameSamples(made->frame(i), source->frame(frames.begin + i)));
    }
}

} // namespace

TEST_CASE("a run that changes nothing keeps tags and native samples")
{
    const CliPlace place;
    const struct {
        const char* name;
        ClipSpec spec;
    } clips[] = {
        {"709.mp4", {.frames = 8, .primaries = 1, .transfer = 1, .matrix = 1, .range = 1}},
        {"601.mkv",
            {.encoder = "ffv1", .frames = 8, .bFrames = 0, .primaries = 6, .transfer = 6, .matrix = 6, .range = 2}},
        {"pq.mkv", {.encoder = "libx265",
                       .pixelFormat = "yuv420p10le",
                       .frames = 8,
                       .options = {{"x265-params", "log-level=none"}},
                       .primaries = 9,
                       .transfer = 16,
                       .matrix = 9,
                       .range = 1}},
    };
    for (const auto& clip : clips) {
        CAPTURE(std::string(clip.name));
        makeClip(place / clip.name, clip.spec);
        changesNothing(place, place / clip.name, ":");
    }
}

TEST_CASE("every shared clip is enhanced, and left alone where that is asked for")
{
    const auto shared = sharedFolder();
    if (!shared) {
        MESSAGE("skipped: the shared clips are not here");
        return;
    }
    const CliPlace place;
    for (const auto& entry : fs::directory_iterator(*shared / "clips")) {
        CAPTURE(base::pathText(entry.path()));
        const fs::path result = place / "out.mkv";
        const CliResult run = place.run({"enhance", text(entry.path()), "-o", text(result), "--task", "restore",
            "--model", "classical", "--quality", "draft", "--range", "20:22", "--overwrite"});
        REQUIRE_MESSAGE(run.exitCode == 0, run.err);
        const auto made = media::VideoReader::open(result);
        const auto source = media::VideoReader::open(entry.path());
        CHECK(made->frameCount() == 2);
        CHECK(made->info().header.width == source->info().header.width);
        CHECK(made->info().header.height == source->info().header.height);
        changesNothing(place, entry.path(), "20:22");
    }
}
