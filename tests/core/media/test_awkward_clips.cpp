// Clips that are legal but awkward, and those that are damaged in ways that people meet.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/deinterlace.h"
#include "core/media/picture.h"
#include "core/media/probe.h"
#include "core/media/video_reader.h"
#include "core/media/video_writer.h"
#include "core/video/convert.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using media::VideoReader;
namespace fs = std::filesystem;

namespace {

media::ProbeOptions uncached()
{
    media::ProbeOptions options;
    options.useCache = false;
    return options;
}

std::unique_ptr<VideoReader> openReader(const fs::path& path)
{
    media::ReaderOptions options;
    options.threads = 2;
    options.useCache = false;
    return VideoReader::open(path, options);
}

bool hasRemark(const video::ClipInfo& info, const std::string& part)
{
    const auto& remarks = info.scan->remarks;
    return std::any_of(remarks.begin(), remarks.end(),
        [&](const std::string& remark) { return remark.find(part) != std::string::npos; });
}

void append(const fs::path& to, const fs::path& from)
{
    std::ofstream(to, std::ios::binary | std::ios::app) << base::readFile(from);
}

double meanDifference(const video::Image8& a, const video::Image8& b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        sum += std::abs(a.pixels[i] - b.pixels[i]);
    }
    return sum / static_cast<double>(a.pixels.size());
}

} // namespace

TEST_CASE("a stream that changes size in the middle keeps the size it began with")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "changes.ts";
    test::makeClip(folder / "a.ts", {.frames = 20, .gop = 10, .bFrames = 0});
    test::makeClip(folder / "b.ts", {.width = 128, .height = 96, .frames = 20, .gop = 10, .bFrames = 0});
    append(path, folder / "a.ts");
    append(path, folder / "b.ts");
    const auto reader = openReader(path);
    REQUIRE(reader->frameCount() == 40);
    for (const int i : {3, 25, 39, 19, 20}) {
        const video::Frame frame = reader->frame(i);
        CHECK(frame.width() == 96);
        CHECK(frame.height() == 64);
        CHECK(test::paintedNumber(frame) == i % 20);
    }
    media::ProbeOptions checking;
    checking.useCache = false;
    checking.check = media::DamageCheck::kAlways;
    const video::ClipInfo info = media::probe(path, checking);
    const bool isSaid =
        std::any_of(info.scan->remarks.begin(), info.scan->remarks.end(), [](const std::string& remark) {
            return remark.find("From frame 20 on the pictures are 128x96") != std::string::npos;
        });
    CHECK(isSaid);
}

TEST_CASE("repeated and backward times are repaired and said")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "twice.ts";
    test::makeClip(folder / "a.ts", {.frames = 20, .gop = 10});
    append(path, folder / "a.ts");
    append(path, folder / "a.ts");
    const auto info = media::probe(path, uncached());
    CHECK(info.frameCount() == 40);
    CHECK(hasRemark(info, "missing or repeated times"));
    const auto reader = openReader(path);
    double previous = -1e9;
    for (int i = 0; i < 40; ++i) {
        CHECK(test::paintedNumber(reader->frame(i)) == i % 20);
        CHECK(reader->time(i).seconds() > previous);
        previous = reader->time(i).seconds();
    }
    for (const int i : {39, 5, 22, 19, 20, 0}) {
        CHECK(test::paintedNumber(reader->frame(i)) == i % 20);
    }
}

TEST_CASE("an edit list that cuts the start leaves just the frames it shows")
{
    const test::TemporaryFolder folder;
    // The muxer writes an edit list that skips what lies before time 0.
    test::ClipSpec spec{.frames = 40, .gop = 20};
    for (int i = 0; i < 40; ++i) {
        spec.times.push_back(i - 10);
    }
    spec.muxer = {{"avoid_negative_ts", "disabled"}};
    const auto path = folder / "edited.mp4";
    test::makeClip(path, spec);
    const auto reader = openReader(path);
    const auto first = test::paintedNumber(reader->frame(0));
    CHECK(reader->time(0).seconds() >= -1e-9);
    for (std::int64_t i = reader->frameCount() - 1; i >= 0; --i) {
        CHECK(test::paintedNumber(reader->frame(i)) == first + i);
    }
    // What the edit list leaves out is not missing.
    CHECK(reader->frameCount() < 40);
    CHECK_FALSE(hasRemark(media::probe(path, uncached()), "ends early"));
}

TEST_CASE("negative times in a container that cannot hold them are made up at the clip's rate")
{
    const test::TemporaryFolder folder;
    test::ClipSpec spec{.frames = 40, .gop = 20, .bFrames = 0};
    for (int i = 0; i < 40; ++i) {
        spec.times.push_back(i - 100);
    }
    spec.muxer = {{"avoid_negative_ts", "disabled"}};
    const auto path = folder / "early.mkv";
    test::makeClip(path, spec);
    const auto info = media::probe(path, uncached());
    CHECK(info.frameCount() == 40);
    CHECK(info.frameRate().value() == doctest::Approx(24).epsilon(1e-6));
    const auto reader = openReader(path);
    for (const int i : {39, 0, 22}) {
        CHECK(test::paintedNumber(reader->frame(i)) == i);
    }
}

TEST_CASE("a header that claims an absurd size is refused")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "huge.png";
    media::writePng(path, video::Image8(64, 64, 3));
    std::string bytes = base::readFile(path);
    const std::string huge("\x00\x01\x86\xa0\x00\x01\x86\xa0", 8); // 100,000 x 100,000 in the IHDR
    bytes.replace(16, 8, huge);
    std::ofstream(path, std::ios::binary) << bytes;
    CHECK_THROWS_AS(media::probe(path, uncached()), base::Error);
    std::ofstream(folder / "huge.y4m") << "YUV4MPEG2 W100000 H100000 F24:1 Ip A1:1 C420jpeg\nFRAME\n";
    try {
        media::probe(folder / "huge.y4m", uncached());
        FAIL("no error was thrown");
    } catch (const base::Error& error) {
        CHECK(error.why().find("its header is damaged") != std::string::npos);
        CHECK_FALSE(error.hint().empty());
    }
    const auto clip = folder / "huge.avi";
    test::makeClip(clip, {.encoder = "mjpeg", .pixelFormat = "yuvj420p", .frames = 2, .bFrames = 0});
    bytes = base::readFile(clip);
    const std::string size("\x60\x00\x00\x00\x40\x00\x00\x00", 8); // 96 x 64
    const std::string claimed("\xa0\x86\x01\x00\xa0\x86\x01\x00", 8);
    for (std::size_t at = bytes.find(size); at != std::string::npos; at = bytes.find(size, at + 8)) {
        bytes.replace(at, 8, claimed);
    }
    std::ofstream(clip, std::ios::binary) << bytes;
    try { // either the claim is refused or the truth inside the pictures wins
        CHECK(openReader(clip)->frame(0).width() == 96);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::ErrorKind::kInput);
    }
}

TEST_CASE("a file without pictures says so")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "sound.wav";
    std::string wav(
        "RIFF\x24\x01\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00"
        "\x10\x00"
        "data\x00\x01\x00\x00",
        44);
    wav.append(256, '\x01');
    std::ofstream(path, std::ios::binary) << wav;
    try {
        media::probe(path, uncached());
        FAIL("no error was thrown");
    } catch (const base::Error& error) {
        CHECK(error.why() == "It holds no moving pictures.");
    }
}

TEST_CASE("pictures of mixed sizes are named by the scan")
{
    const test::TemporaryFolder folder;
    for (int i = 0; i < 5; ++i) {
        media::writePng(folder / ("p" + std::to_string(i) + ".png"), video::Image8(i == 3 ? 20 : 30, 16, 3));
    }
    const auto info = media::probe(folder.path(), uncached());
    CHECK(hasRemark(info, "Picture 3 has another size (20x16)"));
    CHECK(info.scan->oddFrames == std::vector<std::int64_t>{3});
    try {
        openReader(folder.path())->frame(3);
        FAIL("no error was thrown");
    } catch (const base::Error& error) {
        CHECK(error.message().find("p3.png") != std::string::npos);
    }
}

TEST_CASE("deinterlacing gives the same frames in any order")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "fields.mkv";
    test::makeClip(path, {.frames = 30, .gop = 10, .options = {{"x264-params", "tff=1"}, {"flags", "+ildct+ilme"}}});
    auto ordered = media::deinterlaced(openReader(path), 1);
    auto jumping = media::deinterlaced(openReader(path), 1);
    std::vector<video::Frame> frames;
    for (int i = 0; i < 30; ++i) {
        frames.push_back(ordered->frame(i));
        CHECK(test::paintedNumber(frames.back()) == i);
        CHECK(!frames.back().description().isInterlaced);
    }
    const auto plain = openReader(path);
    CHECK(frames[7].time().pts == plain->time(7).pts);
    for (const int i : {29, 12, 13, 0, 1, 15, 28}) {
        CAPTURE(i);
        CHECK(video::sameSamples(jumping->frame(i), frames[static_cast<std::size_t>(i)]));
    }
}

TEST_CASE("every codec and quality that is offered can be written and read back")
{
    const test::TemporaryFolder folder;
    using media::Codec, media::WriterQuality;
    const struct {
        Codec codec;
        const char* name;
        bool canBeLossless = true;
    } cases[] = {{Codec::kH264, "a.mp4"}, {Codec::kH265, "b.mp4"}, {Codec::kAv1, "c.mkv"}, {Codec::kVp9, "d.webm"},
        {Codec::kProRes, "e.mov", false}, {Codec::kFfv1, "f.mkv"}, {Codec::kPng, "g.%03d.png"},
        {Codec::kTiff, "h.%03d.tif"}, {Codec::kJpeg, "i.%03d.jpg", false}, {Codec::kExr, "j.%03d.exr"},
        {Codec::kDpx, "k.%03d.dpx"}};
    for (const auto& c : cases) {
        for (const auto quality : {WriterQuality::kDraft, WriterQuality::kGood, WriterQuality::kLossless}) {
            if (quality == WriterQuality::kLossless && !c.canBeLossless) {
                continue;
            }
            CAPTURE(std::string(c.name));
            CAPTURE(static_cast<int>(quality));
            media::WriterSettings settings;
            settings.path = folder / c.name;
            settings.codec = c.codec;
            settings.quality = quality;
            settings.pixelFormat = "yuv420p10le";
            settings.width = 128;
            settings.height = 64;
            settings.timeBase = {1, 24};
            settings.threads = 2;
            const auto stored = media::storedFormat(settings);
            media::VideoWriter writer(settings);
            for (int i = 0; i < 3; ++i) {
                writer.write(test::paintedFrame(i, 128, 64, "yuv420p10le", {i, 1, {1, 24}}), nullptr, nullptr);
            }
            writer.finish();
            const auto reader = openReader(settings.path);
            REQUIRE(reader->frameCount() == 3);
            CHECK(test::paintedNumber(reader->frame(2)) == 2);
            CHECK(reader->nativeFormat().name == stored.pixelFormat);
        }
    }
}

TEST_CASE("a JPEG holds what every reader takes it for: full range and BT.601")
{
    const test::TemporaryFolder folder;
    for (const auto range :
        {video::ColourRange::kUnspecified, video::ColourRange::kLimited, video::ColourRange::kFull}) {
        CAPTURE(static_cast<int>(range));
        media::WriterSettings settings;
        settings.path = folder / ("j" + std::to_string(static_cast<int>(range)) + ".%03d.jpg");
        settings.codec = media::Codec::kJpeg;
        settings.pixelFormat = "yuv420p";
        settings.width = 128;
        settings.height = 64;
        settings.timeBase = {1, 24};
        settings.colour.matrix = video::Matrix::kBt709;
        settings.colour.range = range;
        const video::Frame frame = test::paintedFrame(5, 128, 64, "yuv420p", {0, 1, {1, 24}}, settings.colour);
        media::VideoWriter writer(settings);
        writer.write(frame, nullptr, nullptr);
        writer.finish();
        const video::Frame read = openReader(settings.path)->frame(0);
        CHECK(read.colour().range == video::ColourRange::kFull);
        CHECK(meanDifference(video::toRgb8(frame), video::toRgb8(read)) < 4);
    }
}

TEST_CASE("sizes that end in half a chroma sample can be written")
{
    const test::TemporaryFolder folder;
    for (const char* name : {"a.mp4", "b.mkv", "c.webm"}) {
        CAPTURE(std::string(name));
        media::WriterSettings settings;
        settings.path = folder / name;
        settings.codec = name[0] == 'a'   ? media::Codec::kH264
                         : name[0] == 'b' ? media::Codec::kH265
                                          : media::Codec::kVp9;
        settings.pixelFormat = "yuv420p";
        settings.width = 129;
        settings.height = 65;
        settings.timeBase = {1, 24};
        settings.threads = 2;
        media::VideoWriter writer(settings);
        for (int i = 0; i < 3; ++i) {
            writer.write(test::paintedFrame(i, 129, 65, "yuv420p", {i, 1, {1, 24}}), nullptr, nullptr);
        }
        writer.finish();
        const auto reader = openReader(settings.path);
        CHECK(reader->info().header.width == 129);
        CHECK(reader->info().header.height == 65);
        CHECK(test::paintedNumber(reader->frame(2)) == 2);
    }
}
