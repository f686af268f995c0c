#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "core/base/error.h"
#include "core/media/video_reader.h"
#include "core/video/convert.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using media::ReaderOptions;
using media::VideoReader;
using test::ClipSpec;

namespace {

std::unique_ptr<VideoReader> openReader(const std::filesystem::path& path, int threads = 2)
{
    ReaderOptions options;
    options.threads = threads;
    options.useCache = false;
    return VideoReader::open(path, options);
}

// Every frame in order, then in a shuffled order, then backward.
void checkEveryOrder(const std::filesystem::path& path, int frames, unsigned seed = 7)
{
    const auto reader = openReader(path);
    REQUIRE(reader->frameCount() == frames);
    std::vector<int> order(static_cast<std::size_t>(frames));
    for (int i = 0; i < frames; ++i) {
        order[static_cast<std::size_t>(i)] = i;
        REQUIRE(test::paintedNumber(reader->frame(i)) == i);
    }
    std::mt19937 random(seed);
    std::shuffle(order.begin(), order.end(), random);
    for (const int i : order) {
        REQUIRE(test::paintedNumber(reader->frame(i)) == i);
    }
    for (int i = frames - 1; i >= 0; --i) {
        REQUIRE(test::paintedNumber(reader->frame(i)) == i);
    }
    const auto fresh = openReader(path, 1);
    for (const int i : order) {
        REQUIRE(test::paintedNumber(fresh->frame(i)) == i);
    }
}

} // namespace

TEST_CASE("frames come by index in any order from every kind of file")
{
    const test::TemporaryFolder folder;
    struct Case {
        const char* file;
        ClipSpec spec;
    };
    const Case cases[] = {
        {"gop 48.mp4", {.frames = 130, .gop = 48}},
        {"gop 250.mkv", {.frames = 300, .gop = 250, .bFrames = 3}},
        {"open gop.mp4",
            {.frames = 120, .gop = 24, .bFrames = 3, .options = {{"x264-params", "open-gop=1:scenecut=0"}}}},
        {"open gop hevc.mkv",
            {.encoder = "libx265",
                .frames = 60,
                .gop = 20,
                .options = {{"x265-params", "open-gop=1:log-level=none:pools=none"}, {"preset", "ultrafast"}}}},
        {"mpeg2.mpg", {.encoder = "mpeg2video", .frames = 90, .gop = 15, .timeBaseDen = 25}},
        {"transport.ts", {.frames = 90, .gop = 30}},
        {"old.wmv", {.encoder = "wmv2", .frames = 60, .gop = 12, .bFrames = 0}},
        {"vp8.webm", {.encoder = "libvpx",
                         .frames = 60,
                         .gop = 30,
                         .bFrames = 0,
                         .options = {{"auto-alt-ref", "1"}, {"lag-in-frames", "16"}, {"deadline", "realtime"},
                             {"cpu-used", "8"}, {"b", "400000"}}}},
        {"vp9.webm", {.encoder = "libvpx-vp9",
                         .frames = 60,
                         .gop = 30,
                         .bFrames = 0,
                         .options = {{"auto-alt-ref", "1"}, {"lag-in-frames", "16"}, {"deadline", "realtime"},
                             {"cpu-used", "8"}, {"b", "400000"}}}},
        {"xvid.avi", {.encoder = "mpeg4", .frames = 60, .gop = 20}},
        {"ffv1.mkv", {.encoder = "ffv1", .frames = 40, .bFrames = 0}},
        {"prores.mov", {.encoder = "prores_ks", .pixelFormat = "yuv422p10le", .frames = 30, .bFrames = 0}},
    };
    for (const Case& c : cases) {
        CAPTURE(std::string(c.file));
        const auto path = folder / c.file;
        test::makeClip(path, c.spec);
        checkEveryOrder(path, c.spec.frames);
    }
}

TEST_CASE("variable frame rate keeps every time stamp")
{
    const test::TemporaryFolder folder;
    ClipSpec spec{.frames = 50, .gop = 12, .timeBaseDen = 1000};
    std::mt19937 random(3);
    std::int64_t time = 0;
    for (int i = 0; i < spec.frames; ++i) {
        spec.times.push_back(time);
        time += 20 + static_cast<std::int64_t>(random() % 80);
    }
    for (const char* name : {"vfr.mkv", "vfr.mp4"}) {
        CAPTURE(std::string(name));
        const auto path = folder / name;
        test::makeClip(path, spec);
        checkEveryOrder(path, spec.frames);
        const auto reader = openReader(path);
        CHECK(reader->info().scan->hasVariableRate);
        for (int i = 0; i < spec.frames; ++i) {
            const double expected = static_cast<double>(spec.times[static_cast<std::size_t>(i)]) / 1000;
            CHECK(reader->frame(i).time().seconds() == doctest::Approx(expected).epsilon(1e-9));
            CHECK(reader->frameAt(expected + 0.001) == i);
        }
        CHECK(reader->frameAt(-1) == 0);
        CHECK(reader->frameAt(1e9) == spec.frames - 1);
    }
}

TEST_CASE("native frames carry format, tags and time of the file")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "tags.mkv";
    test::makeClip(path, {.encoder = "ffv1",
                             .pixelFormat = "yuv422p10le",
                             .frames = 3,
                             .primaries = 9,
                             .transfer = 16,
                             .matrix = 9,
                             .range = 1});
    const auto reader = openReader(path);
    const video::Frame frame = reader->frame(1);
    CHECK(frame.format().name == "yuv422p10le");
    CHECK(frame.format() == video::pixelFormat("yuv422p10le"));
    CHECK(reader->nativeFormat() == frame.format());
    CHECK(frame.colour().primaries == video::Primaries::kBt2020);
    CHECK(frame.colour().transfer == video::Transfer::kPq);
    CHECK(frame.colour().matrix == video::Matrix::kBt2020);
    CHECK(frame.colour().range == video::ColourRange::kLimited);
    CHECK(frame.time().seconds() == doctest::Approx(1 / 24.0).epsilon(0.02));
    CHECK(reader->info().header.bitDepth == 10);
}

TEST_CASE("full-range \"yuvj\" appears as yuv with full range")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "jpeg.avi";
    test::makeClip(path, {.encoder = "mjpeg", .pixelFormat = "yuvj420p", .frames = 3, .bFrames = 0, .range = 2});
    const video::Frame frame = openReader(path)->frame(0);
    CHECK(frame.format().name == "yuv420p");
    CHECK(frame.colour().range == video::ColourRange::kFull);
}

TEST_CASE("display frames are upright, square and fit the asked size")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "turned.mp4";
    test::makeClip(path, {.frames = 4, .rotation = 90, .aspectNum = 2, .aspectDen = 1});
    ReaderOptions options;
    options.output = ReaderOptions::Output::kDisplayRgb;
    options.useCache = false;
    const auto reader = VideoReader::open(path, options);
    CHECK(reader->info().header.rotationDegrees == 90);
    video::Frame frame = reader->frame(0);
    CHECK(frame.width() == 64);
    CHECK(frame.height() == 192);
    CHECK(frame.format().name == "rgb24");
    reader->setMaximumSize(1000, 96);
    frame = reader->frame(2);
    CHECK(frame.width() == 32);
    CHECK(frame.height() == 96);

    const auto native = openReader(path);
    video::Frame upright = native->frame(0);
    CHECK(test::paintedNumber(upright) == 0);
}

TEST_CASE("display frames of full size are the exact conversion")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "exact.mkv";
    for (const char* format : {"yuv420p", "yuv422p10le"}) {
        test::makeClip(path, {.encoder = "ffv1", .pixelFormat = format, .frames = 3, .bFrames = 0});
        const video::Image8 expected = video::toRgb8(openReader(path)->frame(2));
        for (const auto output : {ReaderOptions::Output::kDisplayRgb, ReaderOptions::Output::kDisplayBgra}) {
            ReaderOptions options;
            options.output = output;
            options.useCache = false;
            const video::Frame frame = VideoReader::open(path, options)->frame(2);
            const bool isBgra = output == ReaderOptions::Output::kDisplayBgra;
            CHECK(frame.format().name == (isBgra ? "bgra" : "rgb24"));
            CHECK(frame.colour().matrix == video::Matrix::kRgb);
            CHECK(video::toRgb8(frame) == expected);
            if (isBgra) {
                CHECK(frame.plane(0).data[3] == 255);
            }
        }
    }
}

TEST_CASE("turning shows the stored top left at the top right for 90 degrees clockwise")
{
    const test::TemporaryFolder folder;
    for (const int degrees : {0, 90, 180, 270}) {
        const auto path = folder / ("turned " + std::to_string(degrees) + ".mp4");
        test::makeClip(path, {.frames = 2, .rotation = degrees}); // frame 1: only the top-left block is bright
        ReaderOptions options;
        options.output = ReaderOptions::Output::kDisplayBgra;
        options.useCache = false;
        const video::Frame frame = VideoReader::open(path, options)->frame(1);
        const auto isBright = [&](bool right, bool bottom) {
            const int x = right ? frame.width() - 6 : 5;
            const int y = bottom ? frame.height() - 6 : 5;
            return frame.plane(0).data[frame.plane(0).stride * y + 4 * x] > 120;
        };
        CAPTURE(degrees);
        CHECK(isBright(false, false) == (degrees == 0));
        CHECK(isBright(true, false) == (degrees == 90));
        CHECK(isBright(true, true) == (degrees == 180));
        CHECK(isBright(false, true) == (degrees == 270));
    }
}

TEST_CASE("sequential reading decodes every frame once, stepping back a group once")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "steps.mp4";
    test::makeClip(path, {.frames = 96, .gop = 48});
    const auto reader = openReader(path);
    for (int i = 0; i < 96; ++i) {
        reader->frame(i);
    }
    CHECK(reader->statistics().decodedFrames == 96);
    CHECK(reader->statistics().seeks == 0);
    const auto seeksBefore = reader->statistics().seeks;
    for (int i = 90; i >= 60; --i) {
        CHECK(test::paintedNumber(reader->frame(i)) == i);
    }
    CHECK(reader->statistics().seeks - seeksBefore <= 2);
}

TEST_CASE("an index outside the clip is refused")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "short.mp4";
    test::makeClip(path, {.frames = 5});
    const auto reader = openReader(path);
    CHECK_THROWS_AS(reader->frame(5), base::Error);
    CHECK_THROWS_AS(reader->frame(-1), base::Error);
}

TEST_CASE("a cancelled control ends scan and reading with Cancelled")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "cancel.mp4";
    test::makeClip(path, {.frames = 20});
    base::Control control;
    ReaderOptions options;
    options.useCache = false;
    options.control = &control;
    const auto reader = VideoReader::open(path, options);
    control.requestCancel();
    CHECK_THROWS_AS(reader->frame(3), base::Cancelled);
    CHECK_THROWS_AS(VideoReader::open(path, options), base::Cancelled);
}
