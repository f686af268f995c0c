#include <doctest/doctest.h>

#include "core/base/files.h"
#include "core/media/picture.h"
#include "core/media/video_reader.h"
#include "core/video/convert.h"
#include "tests/app/cli/cli_process.h"
#include "tests/core/media/make_clip.h"

using namespace reelmend;
using namespace reelmend::test;

namespace {

std::filesystem::path makeMask(const CliPlace& place, int width, int height)
{
    video::Image8 mask(width, height, 1, 0);
    for (int y = height / 4; y < height / 2; ++y) {
        std::fill(mask.row(y) + width / 4, mask.row(y) + width / 2, std::uint8_t{255});
    }
    const auto path = place / "mask 日本語.png";
    media::writePng(path, mask);
    return path;
}

} // namespace

TEST_CASE("upscale keeps frames, times and sound, and doubles the size")
{
    const CliPlace place;
    const auto clip = place / "clip.mp4";
    ClipSpec spec;
    spec.frames = 130; // more than one segment
    spec.audioTracks = 2;
    makeClip(clip, spec);
    const std::string before = base::readFile(clip);
    const auto result = place / "out é.mp4";
    const CliResult run = place.run({"enhance", text(clip), "-o", text(result), "--task", "upscale", "--json"});
    REQUIRE(run.exitCode == 0);
    CHECK(base::readFile(clip) == before);
    CHECK(run.last()["path"] == text(result));
    CHECK(run.last()["frames"] == 130);
    CHECK(run.last()["state"] == "finished");
    int segments = 0;
    std::int64_t lastDone = 0;
    for (const nlohmann::json& line : run.lines()) {
        segments += line.value("type", "") == "segment" ? 1 : 0;
        if (line.value("type", "") == "progress" && line["phase"] == "enhancing") {
            CHECK(line["done"].get<std::int64_t>() >= lastDone);
            lastDone = line["done"];
            CHECK(line["total"] == 130);
        }
    }
    CHECK(segments == 2);
    CHECK(lastDone == 130);

    const auto made = media::VideoReader::open(result);
    const auto source = media::VideoReader::open(clip);
    REQUIRE(made->frameCount() == 130);
    CHECK(made->info().header.width == 192);
    CHECK(made->info().header.height == 128);
    for (const std::int64_t i : {0, 1, 64, 95, 96, 97, 129}) { // around the seam of the segments
        CHECK(made->time(i).seconds() == doctest::Approx(source->time(i).seconds()));
        CHECK(paintedNumber(made->frame(i)) == i);
    }
    CHECK(packetsOf(result, "audio", 0) == packetsOf(clip, "audio", 0));
    CHECK(packetsOf(result, "audio", 1) == packetsOf(clip, "audio", 1));
    // The pieces are the result now; the journal stays.
    const std::filesystem::path folder = base::pathFromText(run.last()["folder"].get<std::string>());
    CHECK_FALSE(std::filesystem::exists(folder / "segments"));
    CHECK(std::filesystem::exists(folder / "events.jsonl"));
    const auto report = nlohmann::json::parse(base::readFile(folder / "report.json"));
    CHECK(report["outcome"] == "finished");
    CHECK(report["frames"] == 130);
    CHECK(report["request"]["input"] == text(clip));
    CHECK(place.files().size() == 2);
}

TEST_CASE("every container holds the same frames, whatever the quality")
{
    const CliPlace place;
    const auto clip = place / "clip.mkv";
    ClipSpec spec;
    spec.frames = 100; // two segments
    spec.bFrames = 3;
    spec.audioTracks = 1;
    makeClip(clip, spec);
    for (const char* extension : {"mp4", "mov", "mkv", "webm"}) {
        for (const char* quality : {"draft", "best", "lossless"}) {
            CAPTURE(extension);
            CAPTURE(quality);
            const auto result = place / (std::string(quality) + "." + extension);
            const CliResult run =
                place.run({"enhance", text(clip), "-o", text(result), "--task", "restore", "--quality", quality});
            REQUIRE_MESSAGE(run.exitCode == 0, run.err);
            const auto made = media::VideoReader::open(result);
            const auto source = media::VideoReader::open(clip);
            REQUIRE(made->frameCount() == 100);
            for (const std::int64_t i : {0, 1, 94, 95, 96, 97, 98, 99}) {
                CHECK(paintedNumber(made->frame(i)) == i);
                CHECK(made->time(i).seconds() - made->time(0).seconds() ==
                      doctest::Approx(source->time(i).seconds() - source->time(0).seconds()).epsilon(0.002));
            }
            const bool keepsSound = std::string(extension) != "webm"; // AAC is none of its codecs, which is said
            CHECK((run.err.find("not be in the result") == std::string::npos) == keepsSound);
            if (keepsSound) {
                CHECK(packetsOf(result, "audio") == packetsOf(clip, "audio"));
            }
        }
    }
}

TEST_CASE("inpaint keeps the native samples outside the mask")
{
    const CliPlace place;
    const auto clip = place / "clip.mkv";
    ClipSpec spec;
    spec.encoder = "ffv1";
    spec.frames = 20;
    makeClip(clip, spec);
    const auto result = place / "out.mkv";
    const auto mask = makeMask(place, spec.width, spec.height);
    const CliResult run = place.run({"enhance", text(clip), "-o", text(result), "--task", "inpaint", "--mask",
        text(mask), "--quality", "lossless"});
    REQUIRE_MESSAGE(run.exitCode == 0, run.err);
    const auto made = media::VideoReader::open(result);
    const auto source = media::VideoReader::open(clip);
    REQUIRE(made->frameCount() == 20);
    CHECK(made->info().header.codec == "ffv1");
    const video::Mask keep = media::readPicture16(mask, 1);
    int changed = 0;
    for (std::int64_t i = 0; i < 20; ++i) {
        const video::Frame a = made->frame(i);
        const video::Frame b = source->frame(i);
        REQUIRE(a.format() == b.format());
        // Everything outside the mask from the source, everything inside from the result: must be the result itself.
        CHECK(sameSamples(keepNativeSamples(a, b, keep), a));
        changed += sameSamples(a, b) ? 0 : 1;
    }
    CHECK(changed == 20);
}

TEST_CASE("restore of a range gives that many frames and cuts the sound to it")
{
    const CliPlace place;
    const auto clip = place / "clip.mp4";
    ClipSpec spec;
    spec.frames = 60;
    spec.audioTracks = 1;
    makeClip(clip, spec);
    const auto result = place / "out.mkv";
    const CliResult run =
        place.run({"enhance", text(clip), "-o", text(result), "--task", "restore", "--range", "24:48"});
    REQUIRE_MESSAGE(run.exitCode == 0, run.err);
    CHECK(run.out == text(result) + "\n");
    CHECK(run.err.find("24 of 24 frames") != std::string::npos);
    CHECK(run.err.find('\r') == std::string::npos); // no terminal, nothing fancy
    const auto made = media::VideoReader::open(result);
    REQUIRE(made->frameCount() == 24);
    CHECK(made->time(0).seconds() == doctest::Approx(0).epsilon(0.001));
    CHECK(paintedNumber(made->frame(0)) == 24);
    CHECK(paintedNumber(made->frame(23)) == 47);
}

TEST_CASE("a sequence in, a sequence out")
{
    const CliPlace place;
    std::filesystem::create_directories(place / "in");
    for (int i = 0; i < 5; ++i) {
        media::writePng(place / ("in/frame." + std::to_string(1001 + i) + ".png"),
            video::toRgb8(paintedFrame(i, 64, 48, "rgb24")));
    }
    std::filesystem::create_directories(place / "out");
    const CliResult run = place.run({"enhance", text(place / "in/frame.%04d.png"), "-o",
        text(place / "out/big.%04d.png"), "--task", "upscale", "--scale", "4"});
    REQUIRE_MESSAGE(run.exitCode == 0, run.err);
    const auto made = media::VideoReader::open(place / "out");
    REQUIRE(made->frameCount() == 5);
    CHECK(made->frame(0).width() == 256);
    CHECK(paintedNumber(made->frame(4)) == 4);
}

TEST_CASE("a preview is one picture in the job's folder")
{
    const CliPlace place;
    const auto clip = place / "clip.mp4";
    makeClip(clip, {});
    const CliResult run =
        place.run({"enhance", text(clip), "--task", "upscale", "--preview", "--range", "31:32", "--json"});
    REQUIRE_MESSAGE(run.exitCode == 0, run.err);
    const auto picture = base::pathFromText(run.last()["folder"].get<std::string>()) /
                         base::pathFromText(run.last()["path"].get<std::string>());
    const video::Image8 image = media::readPicture8(picture);
    CHECK(image.width == 192);
    CHECK(paintedNumber(image) == 31);
    CHECK(place.files() == std::vector<std::string>{"clip.mp4"});
    CHECK(place.run({"enhance", text(clip), "--task", "upscale", "--preview"}).exitCode == 2); // which frame?
}

TEST_CASE("interlaced footage is told of, keeps its fields, or loses them when asked to")
{
    const CliPlace place;
    const auto clip = place / "fields.mkv";
    makeClip(clip, {.frames = 12, .options = {{"x264-params", "tff=1"}, {"flags", "+ildct+ilme"}}});
    const CliResult probe = place.run({"probe", text(clip), "--json"});
    CHECK(probe.out.find("deinterlace") != std::string::npos);
    const auto kept = place / "kept.mkv";
    const CliResult plain = place.run({"enhance", text(clip), "-o", text(kept), "--task", "restore"});
    REQUIRE_MESSAGE(plain.exitCode == 0, plain.err);
    CHECK(plain.err.find("The footage is interlaced") != std::string::npos);
    CHECK(media::VideoReader::open(kept)->info().header.fieldOrder == video::FieldOrder::kTopFirst);
    const auto clean = place / "clean.mkv";
    const CliResult run = place.run({"enhance", text(clip), "-o", text(clean), "--task", "restore", "--deinterlace"});
    REQUIRE_MESSAGE(run.exitCode == 0, run.err);
    CHECK(run.err.find("interlaced") == std::string::npos);
    const auto made = media::VideoReader::open(clean);
    REQUIRE(made->frameCount() == 12);
    CHECK(made->info().header.fieldOrder != video::FieldOrder::kTopFirst);
    CHECK(paintedNumber(made->frame(7)) == 7);
    // Clips that claim not to be interlaced are believed to be what their owner says, and told about.
    makeClip(place / "plain.mp4", {.frames = 3});
    const CliResult doubtful = place.run({"enhance", text(place / "plain.mp4"), "-o", text(place / "doubtful.mp4"),
        "--task", "restore", "--deinterlace"});
    REQUIRE_MESSAGE(doubtful.exitCode == 0, doubtful.err);
    CHECK(doubtful.err.find("not interlaced") != std::string::npos);
}

TEST_CASE("a codec can be chosen where the container holds it")
{
    const CliPlace place;
    const auto clip = place / "clip.mp4";
    makeClip(clip, {.frames = 5});
    const struct {
        const char* codec;
        const char* name;
        const char* found;
    } cases[] = {{"h265", "a.mp4", "hevc"}, {"av1", "b.mkv", "av1"}, {"vp9", "c.mkv", "vp9"},
        {"prores", "d.mov", "prores"}, {"ffv1", "e.mkv", "ffv1"}};
    for (const auto& c : cases) {
        CAPTURE(std::string(c.codec));
        const auto result = place / c.name;
        const CliResult run = place.run({"enhance", text(clip), "-o", text(result), "--task", "restore", "--codec",
            c.codec, "--quality", "draft"});
        REQUIRE_MESSAGE(run.exitCode == 0, run.err);
        const auto made = media::VideoReader::open(result);
        CHECK(made->info().header.codec == c.found);
        CHECK(paintedNumber(made->frame(4)) == 4);
    }
    const auto refused = [&](const char* codec, const char* name, const char* words) {
        const CliResult run =
            place.run({"enhance", text(clip), "-o", text(place / name), "--task", "restore", "--codec", codec});
        CHECK(run.exitCode == 2);
        CHECK_MESSAGE(run.err.find(words) != std::string::npos, run.err);
    };
    refused("prores", "x.mp4", "cannot hold ProRes");
    refused("h265", "x.%04d.png", "a codec is for a video file");
    refused("h266", "x.mp4", "There is no codec");
}
