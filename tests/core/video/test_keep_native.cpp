#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "core/base/error.h"
#include "core/video/convert.h"
#include "reference.h"

using namespace reelmend;
using namespace reelmend::video;

namespace {

Frame::Description describe(const PixelFormat& format, int width, int height, ChromaPlace place)
{
    Frame::Description d;
    d.format = format;
    d.width = width;
    d.height = height;
    d.colour.matrix = Matrix::kBt709;
    d.colour.range = ColourRange::kLimited;
    d.colour.chromaPlace = place;
    return d;
}

Mask randomMask(int width, int height, std::uint32_t seed)
{
    // Blobs of three by three blocks, so that inner chroma samples exist.
    std::mt19937 random(seed);
    Mask mask(width, height, 1);
    for (int i = 0; i < 4; ++i) {
        const int x0 = static_cast<int>(random() % static_cast<unsigned>(width));
        const int y0 = static_cast<int>(random() % static_cast<unsigned>(height));
        for (int y = y0; y < std::min(height, y0 + 9); ++y) {
            for (int x = x0; x < std::min(width, x0 + 11); ++x) {
                mask.row(y)[x] = static_cast<std::uint16_t>(1 + random() % 65535);
            }
        }
    }
    return mask;
}

} // namespace

TEST_CASE("no pixel outside the mask differs, by its own samples or in RGB")
{
    std::uint32_t seed = 500;
    for (const PixelFormat& format : test::manyFormats()) {
        for (const ChromaPlace place :
            {ChromaPlace::kLeft, ChromaPlace::kCentre, ChromaPlace::kTopLeft, ChromaPlace::kBottom}) {
            CAPTURE(format.name);
            CAPTURE(static_cast<int>(place));
            const int width = 45;
            const int height = 31;
            const Frame::Description d = describe(format, width, height, place);
            const Frame source = test::randomFrame(d, seed++);
            const Frame made = test::randomFrame(d, seed++);
            const Mask mask = randomMask(width, height, seed++);
            const Frame kept = keepNativeSamples(made, source, mask);
            const ImageF before = toRgbFloat(source, 4);
            const ImageF after = toRgbFloat(kept, 4);
            bool same = true;
            bool taken = true;
            for (int y = 0; y < height; ++y) {
                for (int x = 0; x < width; ++x) {
                    const Frame& expected = mask.row(y)[x] > 0 ? made : source;
                    for (int c = 0; c < format.componentCount; ++c) {
                        if (!format.isChroma(c)) {
                            taken = taken && test::sample(kept, c, x, y) == test::sample(expected, c, x, y);
                        }
                    }
                    if (mask.row(y)[x] == 0) {
                        same =
                            same && std::equal(after.row(y) + 4 * x, after.row(y) + 4 * x + 4, before.row(y) + 4 * x);
                    }
                }
            }
            CHECK(same);
            CHECK(taken);
        }
    }
}

TEST_CASE("chroma is the new one where every pixel it serves may change, and only there")
{
    // 4:2:0 sited left: chroma column i serves luma 2i - 1 to 2i + 1, chroma row j (between lines) 2j - 1 to 2j + 2.
    const Frame::Description d = describe(pixelFormat("yuv420p"), 24, 24, ChromaPlace::kLeft);
    const Frame source = test::randomFrame(d, 1);
    FrameBuilder builder(d);
    for (int p = 0; p < 3; ++p) {
        for (int y = 0; y < (p == 0 ? 24 : 12); ++y) {
            for (int x = 0; x < (p == 0 ? 24 : 12); ++x) {
                builder.row(p, y)[x] =
                    static_cast<std::uint8_t>(source.plane(p).data[source.plane(p).stride * y + x] ^ 1);
            }
        }
    }
    const Frame made = builder.finish();
    Mask mask(24, 24, 1);
    for (int y = 7; y < 17; ++y) {
        for (int x = 5; x < 14; ++x) {
            mask.row(y)[x] = 1;
        }
    }
    const Frame kept = keepNativeSamples(made, source, mask);
    for (int y = 0; y < 12; ++y) {
        for (int x = 0; x < 12; ++x) {
            CAPTURE(x);
            CAPTURE(y);
            const bool inside = 2 * x - 1 >= 5 && 2 * x + 1 < 14 && 2 * y - 1 >= 7 && 2 * y + 2 < 17;
            const Frame& expected = inside ? made : source;
            for (int c = 1; c < 3; ++c) {
                CHECK(test::sample(kept, c, x, y) == test::sample(expected, c, x, y));
            }
        }
    }
}

TEST_CASE("a white mask takes everything, a black one nothing")
{
    std::uint32_t seed = 900;
    for (const PixelFormat& format : test::manyFormats()) {
        CAPTURE(format.name);
        const Frame::Description d = describe(format, 19, 13, ChromaPlace::kUnspecified);
        const Frame source = test::randomFrame(d, seed++);
        const Frame made = test::randomFrame(d, seed++);
        CHECK(sameSamples(keepNativeSamples(made, source, Mask(19, 13, 1, 65535)), made));
        CHECK(sameSamples(keepNativeSamples(made, source, Mask(19, 13, 1, 0)), source));
    }
}

TEST_CASE("time and tags are those of the new frame; unequal frames are refused")
{
    Frame::Description d = describe(pixelFormat("yuv420p"), 8, 8, ChromaPlace::kLeft);
    const Frame source = test::randomFrame(d, 1);
    d.time.pts = 77;
    const Frame made = test::randomFrame(d, 2);
    CHECK(keepNativeSamples(made, source, Mask(8, 8, 1)).time().pts == 77);
    const Frame other = test::randomFrame(describe(pixelFormat("yuv422p"), 8, 8, ChromaPlace::kLeft), 3);
    const Frame larger = test::randomFrame(describe(pixelFormat("yuv420p"), 10, 8, ChromaPlace::kLeft), 3);
    CHECK_THROWS_AS(keepNativeSamples(made, other, Mask(8, 8, 1)), base::Error);
    CHECK_THROWS_AS(keepNativeSamples(made, larger, Mask(8, 8, 1)), base::Error);
    CHECK_THROWS_AS(keepNativeSamples(made, source, Mask(8, 7, 1)), base::Error);
    CHECK_THROWS_AS(keepNativeSamples(Frame(), source, Mask(8, 8, 1)), base::Error);
}
