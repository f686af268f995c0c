#include <doctest/doctest.h>

#include <cstdlib>

#include "core/base/error.h"
#include "core/media/deinterlace.h"
#include "core/media/join.h"
#include "core/media/video_reader.h"
#include "core/media/video_writer.h"
#include "core/video/convert.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using video::FieldOrder;

namespace {

constexpr int kWidth = 128, kHeight = 64, kFrames = 12;

// A bar that moves by `kStep` pixels from field to field, woven into frames: combs at both of its edges.
constexpr int kStep = 6;

video::Frame wovenFrame(int number, bool isTopFirst)
{
    video::Image8 rgb(kWidth, kHeight, 3, 20);
    for (int y = 0; y < kHeight; ++y) {
        const bool isSecond = (y % 2 == 0) != isTopFirst;
        const int left = kStep * (2 * number + (isSecond ? 1 : 0)) % (kWidth - 24);
        for (int x = left; x < left + 24; ++x) {
            for (int c = 0; c < 3; ++c) {
                rgb.row(y)[3 * x + c] = 230;
            }
        }
    }
    video::Frame::Description like = test::paintedFrame(0, kWidth, kHeight, "yuv420p").description();
    like.time = {number, 1, {1, 24}};
    return video::fromRgb(rgb, like);
}

void writeWoven(const std::filesystem::path& path, media::Codec codec, FieldOrder order)
{
    media::WriterSettings settings;
    settings.path = path;
    settings.codec = codec;
    settings.quality = media::WriterQuality::kBest;
    settings.pixelFormat = codec == media::Codec::kProRes ? "yuv422p10le" : "yuv420p";
    settings.width = kWidth;
    settings.height = kHeight;
    settings.timeBase = {1, 24};
    settings.fieldOrder = order;
    media::VideoWriter writer(settings);
    for (int i = 0; i < kFrames; ++i) {
        writer.write(wovenFrame(i, order == FieldOrder::kTopFirst), nullptr, nullptr);
    }
    writer.finish();
}

std::unique_ptr<media::VideoReader> open(const std::filesystem::path& path)
{
    media::ReaderOptions options;
    options.useCache = false;
    return media::VideoReader::open(path, options);
}

// How much neighbouring lines differ where those two lines apart agree: combs, and nothing else in these pictures.
double combing(const video::Frame& frame)
{
    const video::Image8 rgb = video::toRgb8(frame);
    double sum = 0;
    for (int y = 1; y + 1 < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
            const int above = rgb.row(y - 1)[3 * x], here = rgb.row(y)[3 * x], below = rgb.row(y + 1)[3 * x];
            sum += std::max(0, std::abs(2 * here - above - below) / 2 - std::abs(above - below));
        }
    }
    return sum / (kWidth * kHeight);
}

} // namespace

TEST_CASE("the order of fields is written and read back")
{
    const test::TemporaryFolder folder;
    const struct {
        const char* name;
        media::Codec codec;
    } files[] = {{"a.mp4", media::Codec::kH264}, {"b.mkv", media::Codec::kH264}, {"c.mov", media::Codec::kProRes},
        {"d.mkv", media::Codec::kFfv1}};
    for (const auto& file : files) {
        for (const FieldOrder order : {FieldOrder::kTopFirst, FieldOrder::kBottomFirst, FieldOrder::kProgressive}) {
            CAPTURE(std::string(file.name));
            CAPTURE(static_cast<int>(order));
            writeWoven(folder / file.name, file.codec, order);
            CHECK(open(folder / file.name)->info().header.fieldOrder == order);
            // What segments say is what the joined file says.
            const auto joined = folder / (std::string("joined-") + file.name);
            media::joinSegments({folder / file.name}, joined, {});
            const auto reader = open(joined);
            CHECK(reader->info().header.fieldOrder == order);
            CHECK(reader->frame(3).description().isInterlaced == (order != FieldOrder::kProgressive));
            CHECK(reader->frameCount() == kFrames);
        }
    }
}

TEST_CASE("a height that cannot be halved into fields of whole chroma lines is written all the same")
{
    const test::TemporaryFolder folder;
    media::WriterSettings settings;
    settings.path = folder / "a.mp4";
    settings.pixelFormat = "yuv420p";
    settings.width = 96;
    settings.height = 66;
    settings.timeBase = {1, 24};
    settings.fieldOrder = FieldOrder::kTopFirst;
    media::VideoWriter writer(settings);
    writer.write(test::paintedFrame(5, 96, 66, "yuv420p"), nullptr, nullptr);
    writer.finish();
    CHECK(test::paintedNumber(open(settings.path)->frame(0)) == 5);
}

TEST_CASE("deinterlacing takes the combs away, whichever field is first")
{
    const test::TemporaryFolder folder;
    for (const FieldOrder order : {FieldOrder::kTopFirst, FieldOrder::kBottomFirst}) {
        CAPTURE(static_cast<int>(order));
        writeWoven(folder / "woven.mkv", media::Codec::kFfv1, order);
        const auto plain = open(folder / "woven.mkv");
        const auto clean = media::deinterlaced(open(folder / "woven.mkv"), 1);
        REQUIRE(clean->frameCount() == kFrames);
        for (const int i : {0, 1, 5, kFrames - 1}) {
            CAPTURE(i);
            const double before = combing(plain->frame(i));
            CHECK(before > 3);
            CHECK(combing(clean->frame(i)) < 0.4 * before);
            CHECK(clean->frame(i).format() == plain->frame(i).format());
            CHECK(clean->frame(i).time().pts == plain->frame(i).time().pts);
        }
    }
}

TEST_CASE("formats that the filter does not take come back as they were")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "grey.mkv";
    test::makeClip(path, {.encoder = "ffv1", .pixelFormat = "bgra", .frames = 4, .bFrames = 0});
    const auto plain = open(path);
    const auto clean = media::deinterlaced(open(path), 1);
    for (int i = 0; i < 4; ++i) {
        CHECK(clean->frame(i).format() == plain->frame(i).format());
        CHECK(test::paintedNumber(clean->frame(i)) == i);
    }
}

TEST_CASE("a camera's tape is known to be interlaced although its container does not say so")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "tape.avi";
    test::makeClip(
        path, {.encoder = "dvvideo", .width = 720, .height = 576, .frames = 3, .bFrames = 0, .timeBaseDen = 25});
    const auto reader = open(path);
    CHECK(reader->info().header.fieldOrder == FieldOrder::kBottomFirst);
    CHECK(test::paintedNumber(media::deinterlaced(open(path), 1)->frame(1)) == 1);
}

TEST_CASE("a container that cannot hold a codec is refused by name")
{
    using media::Codec;
    const struct {
        const char* name;
        Codec codec;
        bool fits;
    } cases[] = {{"a.mp4", Codec::kH265, true}, {"a.mp4", Codec::kProRes, false}, {"a.mov", Codec::kProRes, true},
        {"a.webm", Codec::kAv1, true}, {"a.webm", Codec::kH264, false}, {"a.mkv", Codec::kProRes, true},
        {"a.ts", Codec::kFfv1, false}, {"a.ts", Codec::kH264, true}};
    for (const auto& c : cases) {
        CAPTURE(std::string(c.name));
        CAPTURE(media::codecName(c.codec));
        try {
            media::checkContainer(c.name, c.codec);
            CHECK(c.fits);
        } catch (const base::Error& error) {
            CHECK_FALSE(c.fits);
            CHECK(error.kind() == base::ErrorKind::kUsage);
            CHECK(error.why().find(media::codecName(c.codec)) != std::string::npos);
        }
    }
}
