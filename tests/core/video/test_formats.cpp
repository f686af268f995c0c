#include <doctest/doctest.h>

#include <memory>

#include "core/base/error.h"
#include "core/video/clip_info.h"
#include "core/video/colour.h"
#include "core/video/frame.h"
#include "reference.h"

using namespace reelmend;
using namespace reelmend::video;

TEST_CASE("formats by name say how their samples lie")
{
    const PixelFormat yuv = pixelFormat("yuv420p10le");
    CHECK(yuv.depth() == 10);
    CHECK(yuv.bytesPerSample() == 2);
    CHECK(yuv.componentWidth(1, 641) == 321);
    CHECK(yuv.componentHeight(2, 359) == 180);
    CHECK(yuv.planeWidthBytes(0, 641) == 1282);
    CHECK(yuv.planeWidthBytes(1, 641) == 642);
    CHECK(pixelFormat("yuv422p").componentHeight(1, 359) == 359);
    const PixelFormat planar = pixelFormat("gbrp");
    CHECK(planar.components[0].plane == 2); // red is FFmpeg's third plane
    CHECK(planar.components[1].plane == 0);
    CHECK(pixelFormat("rgba").hasAlpha);
    CHECK(pixelFormat("rgba").planeWidthBytes(0, 3) == 12);
    for (const char* bad : {"", "yuv420p8", "yuv420p17le", "yuv420p10be", "gray7le", "nv12", "yuv420pxle", "rgb"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(pixelFormat(bad), base::Error);
    }
}

TEST_CASE("packed and semi-planar descriptions measure their planes")
{
    for (const PixelFormat& format : test::manyFormats()) {
        CAPTURE(format.name);
        if (format.name == "nv12") {
            CHECK(format.planeWidthBytes(1, 7) == 8);
            CHECK(format.planeHeight(1, 7) == 4);
        } else if (format.name == "yuyv422") {
            CHECK(format.planeWidthBytes(0, 7) == 16);
            CHECK(format.planeHeight(0, 7) == 7);
        } else if (format.name == "rgb565le") {
            CHECK(format.planeWidthBytes(0, 7) == 14);
        }
    }
}

TEST_CASE("a frame shares its samples with its copies and keeps its owner alive")
{
    auto owner = std::make_shared<std::vector<std::uint8_t>>(12, std::uint8_t{5});
    const std::weak_ptr<std::vector<std::uint8_t>> watch = owner;
    Frame::Description d;
    d.format = pixelFormat("gray");
    d.width = 4;
    d.height = 3;
    Frame frame(d, {Frame::Plane{owner->data(), 4}}, owner);
    owner.reset();
    FrameTime time;
    time.pts = 9;
    time.timeBase = {1, 24};
    Frame later = frame.withTime(time);
    CHECK(later.plane(0).data == frame.plane(0).data);
    CHECK(later.time().seconds() == doctest::Approx(0.375));
    CHECK(frame.time().pts == 0);
    ColourTags tags;
    tags.matrix = Matrix::kBt2020;
    CHECK(frame.withColour(tags).colour().matrix == Matrix::kBt2020);
    CHECK(frame.sizeBytes() == 12);
    frame = Frame();
    CHECK(!watch.expired());
    later = Frame();
    CHECK(watch.expired());
    CHECK(frame.sizeBytes() == 0);
}

TEST_CASE("a builder makes aligned rows and refuses absurd sizes")
{
    Frame::Description d;
    d.format = pixelFormat("yuv420p");
    d.width = 33;
    d.height = 5;
    FrameBuilder builder(d);
    for (int p = 0; p < 3; ++p) {
        CHECK(builder.stride(p) % 64 == 0);
        CHECK(reinterpret_cast<std::uintptr_t>(builder.row(p, 1)) % 64 == 0);
    }
    for (const auto& [width, height] : {std::pair{0, 5}, std::pair{5, -1}, std::pair{40000, 5}}) {
        d.width = width;
        d.height = height;
        CHECK_THROWS_AS(FrameBuilder{d}, base::Error);
    }
}

TEST_CASE("negative strides are rows like any other")
{
    std::vector<std::uint8_t> memory{1, 2, 3, 4, 5, 6};
    Frame::Description d;
    d.format = pixelFormat("gray");
    d.width = 2;
    d.height = 3;
    const Frame down(d, {Frame::Plane{memory.data(), 2}}, nullptr);
    const Frame up(d, {Frame::Plane{memory.data() + 4, -2}}, nullptr);
    CHECK(!sameSamples(down, up));
    CHECK(test::sample(up, 0, 1, 0) == 6);
    CHECK(up.sizeBytes() == 6);
    d.colour.range = ColourRange::kFull;
    CHECK(toRgb8(Frame(d, {Frame::Plane{memory.data() + 4, -2}}, nullptr)).pixels[0] == 5);
}

TEST_CASE("tags that are not said are guessed from the size, never contradicted")
{
    const ColourTags none;
    CHECK(effectiveTags(none, 1280, 720, true).matrix == Matrix::kBt709);
    CHECK(effectiveTags(none, 720, 576, true).matrix == Matrix::kSmpte170m);
    CHECK(effectiveTags(none, 720, 576, true).range == ColourRange::kLimited);
    CHECK(effectiveTags(none, 720, 576, false).range == ColourRange::kFull);
    CHECK(effectiveTags(none, 720, 576, true).chromaPlace == ChromaPlace::kLeft);
    ColourTags wide;
    wide.primaries = Primaries::kBt2020;
    CHECK(effectiveTags(wide, 320, 180, true).matrix == Matrix::kBt2020);
    ColourTags said;
    said.matrix = Matrix::kSmpte240m;
    said.range = ColourRange::kFull;
    said.chromaPlace = ChromaPlace::kTop;
    CHECK(effectiveTags(said, 1920, 1080, true).matrix == Matrix::kSmpte240m);
    CHECK(effectiveTags(said, 1920, 1080, true).range == ColourRange::kFull);
    CHECK(effectiveTags(said, 1920, 1080, true).chromaPlace == ChromaPlace::kTop);
    CHECK(tagsText(none) == "colour not tagged");
    CHECK(tagsText(said) == "matrix 7, full range");
    said.matrix = Matrix::kBt2020;
    said.transfer = Transfer::kPq;
    CHECK(tagsText(said) == "BT.2020, PQ, full range");
}

TEST_CASE("display size is upright with square pixels")
{
    ClipInfo info;
    info.header.width = 720;
    info.header.height = 576;
    info.header.pixelAspect = {16, 11};
    CHECK(info.displayWidth() == 1047);
    CHECK(info.displayHeight() == 576);
    info.header.rotationDegrees = 90;
    CHECK(info.displayWidth() == 576);
    CHECK(info.displayHeight() == 1047);
    info.header.pixelAspect = {8, 9};
    info.header.rotationDegrees = 0;
    CHECK(info.displayHeight() == 648);
    info.header.frameCount = 10;
    info.header.frameRate = {25, 1};
    CHECK(info.frameCount() == 10);
    info.scan = ClipScan{};
    info.scan->frameCount = 9;
    CHECK(info.frameCount() == 9);
    CHECK(info.frameRate() == base::Rational{25, 1});
}
