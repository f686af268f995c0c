#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include "core/video/convert.h"
#include "core/video/display_transform.h"

using namespace reelmend;
using namespace reelmend::video;

namespace {

std::uint8_t shown(DisplayTransform transform, double signal, Primaries primaries = Primaries::kBt709)
{
    const ScreenMap map(transform, primaries);
    const auto code = static_cast<std::uint16_t>(std::lround(signal * 65535));
    const std::uint16_t grey[3] = {code, code, code};
    std::uint8_t out[3] = {};
    map.row(grey, 1, PackedOrder::kRgb, out);
    CHECK(std::abs(out[0] - out[1]) <= (primaries == Primaries::kBt2020 ? 1 : 0)); // the matrix rounds
    CHECK(std::abs(out[1] - out[2]) <= (primaries == Primaries::kBt2020 ? 1 : 0));
    return out[0];
}

} // namespace

TEST_CASE("tags decide the transform, and float samples are linear unless they say otherwise")
{
    ColourTags tags;
    CHECK(displayTransform(tags, false) == DisplayTransform::kNone);
    CHECK(displayTransform(tags, true) == DisplayTransform::kLinear);
    tags.transfer = Transfer::kSrgb;
    CHECK(displayTransform(tags, true) == DisplayTransform::kNone);
    tags.transfer = Transfer::kPq;
    CHECK(displayTransform(tags, false) == DisplayTransform::kPq);
    tags.transfer = Transfer::kHlg;
    CHECK(displayTransform(tags, false) == DisplayTransform::kHlg);
}

TEST_CASE("light has the values that the standards print")
{
    // ST 2084: 100 cd/m² is the signal 0.5081; below BT.2390's knee light is kept: 50 cd/m² (signal 0.4403) of a
    // screen with 203 cd/m² is the sRGB value of 0.2463.
    CHECK(shown(DisplayTransform::kPq, 0.4403) == doctest::Approx(255 * 0.5332).epsilon(0.01));
    CHECK(shown(DisplayTransform::kPq, 0.7518) == 255); // 1000 cd/m²: the screen's white
    CHECK(shown(DisplayTransform::kPq, 1.0) == 255);
    CHECK(shown(DisplayTransform::kPq, 0.0) == 0);
    CHECK(shown(DisplayTransform::kPq, 0.5807) == doctest::Approx(229).epsilon(0.015)); // reference white, 203 cd/m²
    // BT.2100: HLG's reference white, the signal 0.75, is 203 cd/m² on a display of 1000.
    CHECK(shown(DisplayTransform::kHlg, 0.75) == doctest::Approx(229).epsilon(0.015));
    CHECK(shown(DisplayTransform::kHlg, 1.0) == 255);
    CHECK(shown(DisplayTransform::kLinear, 0.5) == 188);
    CHECK(shown(DisplayTransform::kLinear, 0.0) == 0);
}

TEST_CASE("brighter light is never shown darker, and grey stays grey in wide primaries")
{
    for (const DisplayTransform transform :
        {DisplayTransform::kPq, DisplayTransform::kHlg, DisplayTransform::kLinear}) {
        int before = 0;
        for (int i = 0; i <= 200; ++i) {
            const int now = shown(transform, i / 200.0, Primaries::kBt2020);
            CHECK(now >= before);
            before = now;
        }
        CHECK(before == 255);
    }
}

TEST_CASE("a frame's picture for the screen follows its tags; others are plain RGB")
{
    Frame::Description description;
    description.format = pixelFormat("gbrp10le");
    const ImageF grey(4, 2, 3, 0.5807f);
    CHECK(toScreen8(fromRgb(grey, description)) == toRgb8(fromRgb(grey, description)));
    description.colour.transfer = Transfer::kPq;
    description.colour.primaries = Primaries::kBt2020;
    const Frame frame = fromRgb(grey, description);
    CHECK(toScreen8(frame).pixels[0] == doctest::Approx(229).epsilon(0.015));
    CHECK(toRgb8(frame).pixels[0] == doctest::Approx(148).epsilon(0.01)); // what is written is another matter
}
