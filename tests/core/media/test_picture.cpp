#include <doctest/doctest.h>

#include <random>

#include "core/base/error.h"
#include "core/media/picture.h"
#include "tests/core/media/make_clip.h"
#include "tests/support/test_support.h"

using namespace reelmend;

namespace {

template <class T> video::Image<T> noise(int channels)
{
    std::mt19937 random(static_cast<unsigned>(channels));
    video::Image<T> image(37, 23, channels);
    for (T& value : image.pixels) {
        value = static_cast<T>(random());
    }
    return image;
}

} // namespace

TEST_CASE("PNG keeps every value, 8 and 16 bits")
{
    const test::TemporaryFolder folder;
    for (const int channels : {1, 3, 4}) {
        const auto eight = noise<std::uint8_t>(channels);
        media::writePng(folder / "8.png", eight);
        CHECK(media::readPicture8(folder / "8.png", channels) == eight);
        const auto sixteen = noise<std::uint16_t>(channels);
        media::writePng(folder / "16.png", sixteen);
        CHECK(media::readPicture16(folder / "16.png", channels) == sixteen);
        const auto real = media::readPictureFloat(folder / "16.png", channels);
        CHECK(real.pixels[5] == doctest::Approx(sixteen.pixels[5] / 65535.0).epsilon(1e-5));
    }
}

TEST_CASE("grey pictures give equal channels and opaque alpha")
{
    const test::TemporaryFolder folder;
    const auto grey = noise<std::uint8_t>(1);
    media::writePng(folder / "grey.png", grey);
    const auto rgba = media::readPicture8(folder / "grey.png", 4);
    CHECK(rgba.pixels[4] == grey.pixels[1]);
    CHECK(rgba.pixels[6] == grey.pixels[1]);
    CHECK(rgba.pixels[7] == 255);
}

TEST_CASE("pictures that cannot be read or written are plain errors")
{
    const test::TemporaryFolder folder;
    CHECK_THROWS_AS(media::readPicture(folder / "missing.png"), base::Error);
    CHECK_THROWS_AS(media::writePng(folder / "no" / "a.png", video::Image8(4, 4, 3)), base::Error);
    CHECK_THROWS_AS(media::writePng(folder / "a.png", video::Image8()), base::Error);
}
