#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/media/mask_reader.h"
#include "core/media/picture.h"
#include "core/media/video_writer.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;
namespace fs = std::filesystem;

namespace {

void writeMask(const fs::path& path, std::uint16_t value, int width = 64, int height = 48)
{
    media::writePng(path, video::Image16(width, height, 1, value));
}

std::string refusal(const fs::path& path, std::int64_t frames)
{
    try {
        media::openMask(path, 64, 48, frames);
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::ErrorKind::kInput);
        return error.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("one picture stands for all frames, 16 bits deep")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "mask 01.png";
    writeMask(path, 12345);
    const auto mask = media::openMask(path, 64, 48, 200);
    CHECK(mask->isStatic());
    CHECK(mask->mask(150) == video::Mask(64, 48, 1, 12345));
}

TEST_CASE("grey, colour and alpha pictures")
{
    const test::TemporaryFolder folder;
    video::Image8 rgb(64, 48, 3, 255);
    media::writePng(folder / "white.png", rgb);
    CHECK(media::openMask(folder / "white.png", 64, 48, 1)->mask(0) == video::Mask(64, 48, 1, 65535));
    video::Image8 cutOut(64, 48, 4, 255);
    for (int y = 0; y < 48; ++y) {
        cutOut.row(y)[3] = 0; // the first pixel of each row is transparent
    }
    media::writePng(folder / "alpha.png", cutOut);
    const video::Mask mask = media::openMask(folder / "alpha.png", 64, 48, 1)->mask(0);
    CHECK(mask.row(5)[0] == 0);
    CHECK(mask.row(5)[1] == 65535);
    video::Image8 opaque = rgb;
    opaque.row(0)[0] = opaque.row(0)[1] = opaque.row(0)[2] = 0;
    media::writePng(folder / "luma.png", opaque);
    CHECK(media::openMask(folder / "luma.png", 64, 48, 1)->mask(0).row(0)[0] == 0);
}

TEST_CASE("a limited-range video gives black and white in full")
{
    const test::TemporaryFolder folder;
    media::WriterSettings settings;
    settings.path = folder / "mask.mkv";
    settings.codec = media::Codec::kFfv1;
    settings.quality = media::WriterQuality::kLossless;
    settings.pixelFormat = "yuv420p";
    settings.width = 64;
    settings.height = 48;
    settings.timeBase = {1, 24};
    {
        media::VideoWriter writer(settings);
        for (int i = 0; i < 5; ++i) {
            video::FrameBuilder builder({video::pixelFormat("yuv420p"), 64, 48, {}, {i, 1, {1, 24}}});
            for (int plane = 0; plane < 3; ++plane) {
                for (int y = 0; y < (plane == 0 ? 48 : 24); ++y) {
                    const int value = plane > 0 ? 128 : i % 2 == 0 ? 16 : 235;
                    std::fill_n(builder.row(plane, y), plane == 0 ? 64 : 32, static_cast<std::uint8_t>(value));
                }
            }
            writer.write(builder.finish(), nullptr, nullptr);
        }
        writer.finish();
    }
    const auto mask = media::openMask(settings.path, 64, 48, 5);
    CHECK(!mask->isStatic());
    CHECK(mask->mask(3) == video::Mask(64, 48, 1, 65535));
    CHECK(mask->mask(2) == video::Mask(64, 48, 1, 0));
}

TEST_CASE("numbered pictures belong to the frames in order")
{
    const test::TemporaryFolder folder;
    for (int i = 0; i < 4; ++i) {
        writeMask(folder / ("m." + std::to_string(i + 5) + ".png"), static_cast<std::uint16_t>(i * 1000));
    }
    const auto mask = media::openMask(folder.path(), 64, 48, 4);
    CHECK(mask->mask(3) == video::Mask(64, 48, 1, 3000));
    CHECK(mask->mask(0) == video::Mask(64, 48, 1, 0));
    CHECK(refusal(folder.path(), 264) == "This mask has 4 pictures, the clip has 264 frames. Choose a mask with 264 "
                                         "pictures, or one picture for all.");
    fs::remove(folder / "m.6.png");
    CHECK(refusal(folder.path(), 4).find("Picture 6 is missing") != std::string::npos);
}

TEST_CASE("one picture of many stands for all of them where they are as many as the frames")
{
    const test::TemporaryFolder folder;
    for (int i = 8; i < 12; ++i) {
        writeMask(folder / ("m." + std::to_string(i) + ".png"), 1);
        writeMask(folder / ("take 2_00" + std::to_string(i / 10) + std::to_string(i % 10) + " b.png"), 1);
    }
    CHECK(media::wholeMask(folder / "m.9.png", 4) == folder / "m.%d.png");
    CHECK(media::wholeMask(folder / "m.10.png", 4) == folder / "m.%d.png");
    CHECK(media::wholeMask(folder / "take 2_0010 b.png", 4) == folder / "take 2_%04d b.png");
    CHECK(media::openMask(media::wholeMask(folder / "m.8.png", 4), 64, 48, 4)->isStatic() == false);
    for (const std::int64_t frames : {1, 3, 5}) { // another number of frames: the picture alone was meant
        CHECK(media::wholeMask(folder / "m.9.png", frames) == folder / "m.9.png");
    }
    fs::remove(folder / "m.10.png");
    CHECK(media::wholeMask(folder / "m.9.png", 4) == folder / "m.9.png");
    CHECK(media::wholeMask(folder.path(), 4) == folder.path());
    CHECK(media::wholeMask(folder / "none.png", 4) == folder / "none.png");
}

TEST_CASE("a mask of another size is refused with the size that fits")
{
    const test::TemporaryFolder folder;
    writeMask(folder / "small.png", 1, 32, 48);
    CHECK(refusal(folder / "small.png", 10) ==
          "This mask is 32x48 pixels large, the clip is 64x48. Choose a mask of 64x48 pixels.");
    CHECK(refusal(folder / "missing.png", 10).find("no such file") != std::string::npos);
}
