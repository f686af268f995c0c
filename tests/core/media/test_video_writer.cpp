#include <doctest/doctest.h>

#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/filter_graph.h"
#include "core/media/join.h"
#include "core/media/video_reader.h"
#include "core/media/video_writer.h"
#include "core/video/convert.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using media::Codec;
using media::VideoReader;
using media::VideoWriter;
using media::WriterQuality;
using media::WriterSettings;

namespace {

std::unique_ptr<VideoReader> openReader(const std::filesystem::path& path)
{
    media::ReaderOptions options;
    options.useCache = false;
    return VideoReader::open(path, options);
}

WriterSettings settingsFor(const std::filesystem::path& path, Codec codec, WriterQuality quality,
    const std::string& pixelFormat, int width = 96, int height = 64)
{
    WriterSettings settings;
    settings.path = path;
    settings.codec = codec;
    settings.quality = quality;
    settings.pixelFormat = pixelFormat;
    settings.width = width;
    settings.height = height;
    settings.timeBase = {1, 24};
    settings.frameRate = {24, 1};
    settings.threads = 2;
    return settings;
}

int filesIn(const std::filesystem::path& folder)
{
    int count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) {
        ++count;
    }
    return count;
}

template <class Body> base::Error errorOf(Body body)
{
    try {
        body();
    } catch (const base::Error& error) {
        return error;
    }
    FAIL("no error was thrown");
    return {base::ErrorKind::kFailed, "none"};
}

} // namespace

TEST_CASE("lossless codecs give back every native sample")
{
    const test::TemporaryFolder folder;
    struct Case {
        const char* name;
        Codec codec;
        const char* format;
        const char* storedAs = nullptr;
    };
    const Case cases[] = {
        {"a.mkv", Codec::kFfv1, "yuv420p"},
        {"b.mkv", Codec::kFfv1, "yuv422p10le"},
        {"c.mkv", Codec::kFfv1, "yuv444p16le"},
        {"d.mkv", Codec::kFfv1, "gbrp10le"},
        {"e.mkv", Codec::kFfv1, "gray16le"},
        {"f.mp4", Codec::kH264, "yuv420p"},
        {"g.mp4", Codec::kH264, "yuv444p10le"},
        {"h.mkv", Codec::kH265, "yuv420p10le"},
        {"i.%04d.png", Codec::kPng, "rgb24"},
        {"j.%04d.png", Codec::kPng, "rgba"},
        {"k.%04d.png", Codec::kPng, "gray16le"},
        {"l.%04d.tif", Codec::kTiff, "rgb24"},
        {"m.%04d.exr", Codec::kExr, "gbrpf32le"},
        {"n.%04d.dpx", Codec::kDpx, "rgb24"},
        {"o.webm", Codec::kVp9, "yuv420p"},
    };
    for (const Case& c : cases) {
        CAPTURE(std::string(c.name));
        const auto path = folder / c.name;
        const auto settings = settingsFor(path, c.codec, WriterQuality::kLossless, c.format);
        CHECK(media::storedFormat(settings).pixelFormat == c.format);
        CHECK(media::storedFormat(settings).change.empty());
        std::vector<video::Frame> frames;
        VideoWriter writer(settings);
        for (int i = 0; i < 7; ++i) {
            frames.push_back(test::noiseFrame(static_cast<unsigned>(i), 96, 64, video::pixelFormat(c.format)));
            writer.write(frames.back(), nullptr, nullptr);
        }
        writer.finish();
        const auto reader = openReader(path);
        REQUIRE(reader->frameCount() == 7);
        for (int i = 6; i >= 0; --i) {
            CHECK(video::sameSamples(reader->frame(i), frames[static_cast<std::size_t>(i)]));
        }
    }
}

TEST_CASE("8-bit RGB in FFV1 is packed anew but keeps its values")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "rgb.mkv";
    const video::Frame frame = test::noiseFrame(4, 96, 64, video::pixelFormat("rgb24"));
    VideoWriter writer(settingsFor(path, Codec::kFfv1, WriterQuality::kLossless, "rgb24"));
    writer.write(frame, nullptr, nullptr);
    writer.finish();
    CHECK(video::toRgb8(openReader(path)->frame(0)) == video::toRgb8(frame));
}

TEST_CASE("transparency goes into WebM and comes out of it")
{
    const test::TemporaryFolder folder;
    for (const WriterQuality quality : {WriterQuality::kDraft, WriterQuality::kLossless}) {
        CAPTURE(static_cast<int>(quality));
        const auto path = folder / "clear.webm";
        VideoWriter writer(settingsFor(path, Codec::kVp9, quality, "yuva420p"));
        std::vector<video::Frame> frames;
        for (int i = 0; i < 6; ++i) {
            const video::Frame noise = test::noiseFrame(static_cast<unsigned>(i), 96, 64, video::pixelFormat("rgba"));
            frames.push_back(media::filterFrame(noise, "format=yuva420p").withTime({i, 1, {1, 24}}));
            writer.write(frames.back(), nullptr, nullptr);
        }
        writer.finish();
        media::joinSegments({path}, folder / "joined.webm", {});
        const auto reader = openReader(folder / "joined.webm");
        CHECK(reader->info().header.hasAlpha);
        REQUIRE(reader->frameCount() == 6);
        for (const int i : {5, 0, 3}) {
            const video::Frame frame = reader->frame(i);
            REQUIRE(frame.format().hasAlpha);
            if (quality == WriterQuality::kLossless) {
                CHECK(video::sameSamples(frame, frames[static_cast<std::size_t>(i)]));
            }
        }
    }
}

TEST_CASE("half-float EXR keeps values that fit half floats")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "half.%03d.exr";
    VideoWriter writer(settingsFor(path, Codec::kExr, WriterQuality::kGood, "gbrpf32le"));
    const video::Frame frame = test::noiseFrame(5, 96, 64, video::pixelFormat("gbrpf32le"));
    writer.write(frame, nullptr, nullptr);
    writer.finish();
    const auto reader = openReader(path);
    CHECK(video::sameSamples(reader->frame(0), frame));
    CHECK(reader->info().header.isFloat);
    CHECK(reader->info().header.bitDepth == 16);
}

TEST_CASE("full floats that an EXR would round are told of, half floats are not")
{
    media::WriterSettings settings = settingsFor("x.%03d.exr", Codec::kExr, WriterQuality::kGood, "gbrpf32le");
    CHECK(media::storedFormat(settings).change.find("32 bits becomes one of 16") != std::string::npos);
    settings.floatBits = 16;
    CHECK(media::storedFormat(settings).change.empty());
    settings.floatBits = 32;
    settings.quality = WriterQuality::kBest;
    CHECK(media::storedFormat(settings).change.empty());
    const test::TemporaryFolder folder;
    settings.path = folder / "full.%03d.exr";
    VideoWriter writer(settings);
    writer.write(test::noiseFrame(5, 96, 64, video::pixelFormat("gbrpf32le")), nullptr, nullptr);
    writer.finish();
    CHECK(openReader(settings.path)->info().header.bitDepth == 32);
}

TEST_CASE("variable times are kept exactly, also when they start late")
{
    const test::TemporaryFolder folder;
    const std::int64_t times[] = {9000, 9100, 9777, 10000, 14000, 14001, 20000};
    for (const char* name : {"vfr.mp4", "vfr.mov", "vfr.mkv"}) {
        CAPTURE(std::string(name));
        auto settings = settingsFor(folder / name, Codec::kH264, WriterQuality::kDraft, "yuv420p");
        const bool isMatroska = settings.path.extension() == ".mkv";
        settings.timeBase = isMatroska ? base::Rational{1, 1000} : base::Rational{1, 30000};
        VideoWriter writer(settings);
        for (int i = 0; i < 7; ++i) {
            writer.write(
                test::paintedFrame(i, 96, 64, "yuv420p", {times[i], 500, settings.timeBase}), nullptr, nullptr);
        }
        writer.finish();
        const auto reader = openReader(settings.path);
        REQUIRE(reader->frameCount() == 7);
        for (int i = 0; i < 7; ++i) {
            CHECK(test::paintedNumber(reader->frame(i)) == i);
            const double expected = static_cast<double>(times[i]) * settings.timeBase.value();
            CHECK(reader->frame(i).time().seconds() == doctest::Approx(expected).epsilon(1e-12));
        }
    }
}

TEST_CASE("tags, pixel aspect and rotation come out as they went in")
{
    const test::TemporaryFolder folder;
    struct Case {
        const char* name;
        Codec codec;
        const char* format;
        video::ColourTags tags;
    };
    using video::ChromaPlace, video::ColourRange, video::Matrix, video::Primaries, video::Transfer;
    const Case cases[] = {
        {"709.mp4", Codec::kH264, "yuv420p",
            {Primaries::kBt709, Transfer::kBt709, Matrix::kBt709, ColourRange::kLimited, ChromaPlace::kLeft}},
        {"601.mkv", Codec::kFfv1, "yuv444p",
            {Primaries::kSmpte170m, Transfer::kSmpte170m, Matrix::kSmpte170m, ColourRange::kFull}},
        {"pq.mkv", Codec::kH265, "yuv420p10le",
            {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020, ColourRange::kLimited, ChromaPlace::kTopLeft}},
        {"pq.mp4", Codec::kH265, "yuv420p10le",
            {Primaries::kBt2020, Transfer::kPq, Matrix::kBt2020, ColourRange::kLimited, ChromaPlace::kTopLeft}},
        {"none.mp4", Codec::kH264, "yuv420p", {}},
    };
    for (const Case& c : cases) {
        CAPTURE(std::string(c.name));
        auto settings = settingsFor(folder / c.name, c.codec, WriterQuality::kGood, c.format);
        settings.colour = c.tags;
        settings.pixelAspect = {4, 3};
        settings.rotationDegrees = settings.path.extension() == ".mp4" ? 90 : 0;
        VideoWriter writer(settings);
        for (int i = 0; i < 4; ++i) {
            writer.write(test::paintedFrame(i, 96, 64, c.format, {i, 1, {1, 24}}, c.tags), nullptr, nullptr);
        }
        writer.finish();
        const auto reader = openReader(settings.path);
        video::ColourTags read = reader->frame(0).colour();
        if (c.tags.chromaPlace == ChromaPlace::kUnspecified) {
            read.chromaPlace = ChromaPlace::kUnspecified; // H.264 always says something
        }
        CHECK(read.primaries == c.tags.primaries);
        CHECK(read.transfer == c.tags.transfer);
        CHECK(read.matrix == c.tags.matrix);
        CHECK(read.chromaPlace == c.tags.chromaPlace);
        if (c.tags.range != ColourRange::kUnspecified) {
            CHECK(read.range == c.tags.range);
        }
        CHECK(reader->info().header.pixelAspect == base::Rational{4, 3});
        CHECK(reader->info().header.rotationDegrees == settings.rotationDegrees);
    }
}

TEST_CASE("where nothing was to change the file holds the source's samples")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "kept.mkv";
    const video::Frame source = test::noiseFrame(1, 96, 64, video::pixelFormat("yuv420p"));
    const video::Frame made = test::noiseFrame(2, 96, 64, video::pixelFormat("yuv420p"));
    video::Mask changed(96, 64, 1);
    for (int y = 10; y < 20; ++y) {
        for (int x = 30; x < 50; ++x) {
            changed.row(y)[x] = 40000;
        }
    }
    VideoWriter writer(settingsFor(path, Codec::kFfv1, WriterQuality::kLossless, "yuv420p"));
    writer.write(made.withTime({0, 1, {1, 24}}), &source, &changed);
    writer.finish();
    const video::Frame read = openReader(path)->frame(0);
    for (int y = 0; y < 64; ++y) {
        for (int x = 0; x < 96; ++x) {
            const bool isInside = changed.row(y)[x] > 0;
            const video::Frame& from = isInside ? made : source;
            REQUIRE(
                read.plane(0).data[read.plane(0).stride * y + x] == from.plane(0).data[from.plane(0).stride * y + x]);
        }
    }
}

TEST_CASE("the nearest format is taken and what that changes is said")
{
    const auto change = [](Codec codec, WriterQuality quality, const char* format) {
        return media::storedFormat(settingsFor("x.mkv", codec, quality, format)).change;
    };
    CHECK(change(Codec::kH264, WriterQuality::kGood, "yuv420p").empty());
    CHECK(change(Codec::kProRes, WriterQuality::kBest, "yuv444p16le") == "16 bits become 10");
    CHECK(change(Codec::kH264, WriterQuality::kGood, "rgb24") == "RGB becomes YUV 4:2:0");
    CHECK(change(Codec::kPng, WriterQuality::kGood, "yuv420p") == "YUV becomes RGB");
    CHECK(change(Codec::kFfv1, WriterQuality::kLossless, "rgb24").empty());
    CHECK(errorOf([] {
        media::storedFormat(settingsFor("x.mov", Codec::kProRes, WriterQuality::kLossless, "yuv422p10le"));
    }).kind() == base::ErrorKind::kUsage);
}

TEST_CASE("RGB goes into YUV files and YUV into PNG without visible change")
{
    const test::TemporaryFolder folder;
    for (const char* name : {"rgb.mkv", "yuv.%d.png"}) {
        CAPTURE(std::string(name));
        const bool isPng = std::string(name).ends_with("png");
        auto settings = settingsFor(
            folder / name, isPng ? Codec::kPng : Codec::kH264, WriterQuality::kBest, isPng ? "yuv420p" : "rgb24");
        VideoWriter writer(settings);
        for (int i = 0; i < 3; ++i) {
            writer.write(test::paintedFrame(i, 96, 64, settings.pixelFormat, {i, 1, {1, 24}}), nullptr, nullptr);
        }
        writer.finish();
        CHECK(test::paintedNumber(openReader(settings.path)->frame(2)) == 2);
    }
}

TEST_CASE("nothing appears before finish, nothing stays without it")
{
    const test::TemporaryFolder folder;
    for (const char* name : {"a.mp4", "a.%02d.png"}) {
        CAPTURE(std::string(name));
        const auto codec = std::string(name).ends_with("png") ? Codec::kPng : Codec::kH264;
        {
            VideoWriter writer(settingsFor(folder / name, codec, WriterQuality::kDraft, "yuv420p"));
            writer.write(test::paintedFrame(0, 96, 64, "yuv420p"), nullptr, nullptr);
            CHECK(!std::filesystem::exists(folder / "a.mp4"));
            CHECK(!std::filesystem::exists(folder / "a.01.png"));
        }
        CHECK(filesIn(folder.path()) == 0);
    }
}

TEST_CASE("a frame of another size or out of order is refused")
{
    const test::TemporaryFolder folder;
    VideoWriter writer(settingsFor(folder / "a.mp4", Codec::kH264, WriterQuality::kDraft, "yuv420p"));
    const auto wrongSize = [&] { writer.write(test::paintedFrame(0, 64, 64, "yuv420p"), nullptr, nullptr); };
    CHECK(errorOf(wrongSize).kind() == base::ErrorKind::kUsage);
    writer.write(test::paintedFrame(0, 96, 64, "yuv420p", {5, 1, {1, 24}}), nullptr, nullptr);
    const auto twice = [&] {
        writer.write(test::paintedFrame(0, 96, 64, "yuv420p", {5, 1, {1, 24}}), nullptr, nullptr);
    };
    CHECK(errorOf(twice).kind() == base::ErrorKind::kUsage);
}

TEST_CASE("a place that cannot be written is a plain error")
{
    const test::TemporaryFolder folder;
    for (const char* name : {"missing/a.mp4", "missing/a.%d.png"}) {
        const auto codec = std::string(name).ends_with("png") ? Codec::kPng : Codec::kH264;
        const auto error =
            errorOf([&] { VideoWriter writer(settingsFor(folder / name, codec, WriterQuality::kDraft, "yuv420p")); });
        CHECK(error.kind() == base::ErrorKind::kOutput);
        CHECK(!error.why().empty());
        CHECK(!error.hint().empty());
    }
}

TEST_CASE("a codec that the container cannot hold is refused")
{
    const test::TemporaryFolder folder;
    const auto error = errorOf([&] {
        VideoWriter writer(settingsFor(folder / "a.mp4", Codec::kFfv1, WriterQuality::kLossless, "yuv420p"));
    });
    CHECK(error.kind() == base::ErrorKind::kUsage);
    CHECK(error.why() == "A file of that kind cannot hold FFV1.");
    CHECK(filesIn(folder.path()) == 0);
}

TEST_CASE("a full disk is named and leaves nothing behind")
{
    const test::TemporaryFolder folder;
    struct rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, SIG_IGN);
    for (const char* name : {"a.mkv", "a.mp4", "a.%02d.png"}) {
        CAPTURE(std::string(name));
        const bool isPng = std::string(name).ends_with("png");
        const bool isMp4 = std::string(name).ends_with("mp4");
        struct rlimit small = before;
        small.rlim_cur = isPng ? 4096 : 60000;
        ::setrlimit(RLIMIT_FSIZE, &small);
        base::ErrorKind kind = base::ErrorKind::kFailed;
        try {
            VideoWriter writer(settingsFor(folder / name,
                isPng   ? Codec::kPng
                : isMp4 ? Codec::kH264
                        : Codec::kFfv1,
                WriterQuality::kLossless, isPng ? "rgb24" : "yuv420p"));
            for (unsigned i = 0; i < 60; ++i) {
                const auto format = video::pixelFormat(isPng ? "rgb24" : "yuv420p");
                writer.write(test::noiseFrame(i, 96, 64, format), nullptr, nullptr);
            }
            writer.finish();
        } catch (const base::Error& error) {
            kind = error.kind();
            CAPTURE(std::string(error.what()));
            CHECK(kind == base::ErrorKind::kDiskFull);
        }
        ::setrlimit(RLIMIT_FSIZE, &before);
        CHECK(kind == base::ErrorKind::kDiskFull);
        CHECK(filesIn(folder.path()) == 0);
    }
    std::signal(SIGXFSZ, SIG_DFL);
}

TEST_CASE("the codec follows from the name")
{
    CHECK(media::codecFor("a.mp4", WriterQuality::kGood) == Codec::kH264);
    CHECK(media::codecFor("a.MKV", WriterQuality::kLossless) == Codec::kFfv1);
    CHECK(media::codecFor("a.%04d.png", WriterQuality::kGood) == Codec::kPng);
    CHECK(media::codecFor("a.webm", WriterQuality::kGood) == Codec::kVp9);
    CHECK_THROWS_AS(media::codecFor("a.txt", WriterQuality::kGood), base::Error);
    CHECK_THROWS_AS(media::codecFor("a", WriterQuality::kGood), base::Error);
}
