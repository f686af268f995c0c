#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "core/base/error.h"
#include "core/video/convert.h"
#include "core/video/convert_kernels.h"
#include "reference.h"

using namespace reelmend;
using namespace reelmend::video;

namespace {

Frame::Description describe(const std::string& format, int width, int height, Matrix matrix = Matrix::kBt709,
    ColourRange range = ColourRange::kLimited, ChromaPlace place = ChromaPlace::kLeft)
{
    Frame::Description d;
    d.format = pixelFormat(format);
    d.width = width;
    d.height = height;
    d.colour.matrix = matrix;
    d.colour.range = range;
    d.colour.chromaPlace = place;
    return d;
}

Frame flat(const Frame::Description& description, std::array<int, 3> values)
{
    FrameBuilder builder(description);
    for (int c = 0; c < description.format.componentCount; ++c) {
        const auto& component = description.format.components[static_cast<std::size_t>(c)];
        for (int y = 0; y < description.format.componentHeight(c, description.height); ++y) {
            for (int x = 0; x < description.format.componentWidth(c, description.width); ++x) {
                const auto word = static_cast<std::uint16_t>(values[static_cast<std::size_t>(c)]);
                std::memcpy(builder.row(component.plane, y) + component.offset + x * component.step, &word,
                    static_cast<std::size_t>((component.depth + 7) / 8));
            }
        }
    }
    return builder.finish();
}

std::array<int, 3> firstPixel(const Frame& frame)
{
    const Image8 image = toRgb8(frame);
    return {image.pixels[0], image.pixels[1], image.pixels[2]};
}

} // namespace

TEST_CASE("colour bars have the values that the standards print")
{
    // 100 % bars of BT.601 (525/625 studio levels) and BT.709, 8 bits: Y, Cb, Cr of white, red, green, blue, black.
    struct Bar {
        std::array<int, 3> rgb, ycc601, ycc709;
    };
    const Bar bars[] = {
        {{255, 255, 255}, {235, 128, 128}, {235, 128, 128}},
        {{255, 0, 0}, {81, 90, 240}, {63, 102, 240}},
        {{0, 255, 0}, {145, 54, 34}, {173, 42, 26}},
        {{0, 0, 255}, {41, 240, 110}, {32, 240, 118}},
        {{255, 255, 0}, {210, 16, 146}, {219, 16, 138}},
        {{0, 0, 0}, {16, 128, 128}, {16, 128, 128}},
    };
    for (const Bar& bar : bars) {
        CAPTURE(bar.rgb[0]);
        CAPTURE(bar.rgb[1]);
        CAPTURE(bar.rgb[2]);
        Image8 rgb(4, 2, 3);
        for (std::size_t i = 0; i < rgb.pixels.size(); ++i) {
            rgb.pixels[i] = static_cast<std::uint8_t>(bar.rgb[i % 3]);
        }
        for (const auto& [matrix, ycc] :
            {std::pair{Matrix::kSmpte170m, bar.ycc601}, std::pair{Matrix::kBt709, bar.ycc709}}) {
            const Frame frame = fromRgb(rgb, describe("yuv420p", 0, 0, matrix));
            CHECK(sameSamples(frame, flat(describe("yuv420p", 4, 2, matrix), ycc)));
        }
    }
    // H.273 equations 23-25 at 10 bits, and full range: 1.0 is 940 and 1023.
    CHECK(firstPixel(flat(describe("yuv444p10le", 2, 2), {940, 512, 512})) == std::array{255, 255, 255});
    CHECK(firstPixel(flat(describe("yuv444p10le", 2, 2, Matrix::kBt2020, ColourRange::kFull), {1023, 512, 512})) ==
          std::array{255, 255, 255});
    // Red of BT.2020, 10 bits limited (BT.2020 table 4 weights): Y 0.2627, Cb -0.1396, Cr 0.5.
    Image8 red(2, 2, 3);
    for (std::size_t i = 0; i < red.pixels.size(); i += 3) {
        red.pixels[i] = 255;
    }
    CHECK(sameSamples(fromRgb(red, describe("yuv444p10le", 0, 0, Matrix::kBt2020)),
        flat(describe("yuv444p10le", 2, 2, Matrix::kBt2020), {294, 387, 960})));
}

TEST_CASE("every format, matrix, range and siting agrees with the plain arithmetic")
{
    const ColourTags tagSets[] = {
        {{}, {}, Matrix::kBt709, ColourRange::kLimited, ChromaPlace::kLeft},
        {{}, {}, Matrix::kSmpte170m, ColourRange::kFull, ChromaPlace::kCentre},
        {{}, {}, Matrix::kBt2020, ColourRange::kLimited, ChromaPlace::kTopLeft},
        {{}, {}, Matrix::kYcgco, ColourRange::kFull, ChromaPlace::kBottomLeft},
        {{}, {}, Matrix::kSmpte240m, ColourRange::kFull, ChromaPlace::kTop},
        {{}, {}, Matrix::kFcc, ColourRange::kLimited, ChromaPlace::kBottom},
    };
    std::uint32_t seed = 1;
    for (const PixelFormat& format : test::manyFormats()) {
        for (const ColourTags& tags : tagSets) {
            for (const auto& [width, height] : {std::pair{37, 11}, std::pair{16, 8}, std::pair{1, 1}}) {
                CAPTURE(format.name);
                CAPTURE(static_cast<int>(tags.matrix));
                CAPTURE(width);
                Frame::Description d;
                d.format = format;
                d.width = width;
                d.height = height;
                d.colour = tags;
                const Frame frame = test::randomFrame(d, seed++);
                const ImageF real = toRgbFloat(frame, 4);
                const Image8 eight = toRgb8(frame, 4);
                const Image16 sixteen = toRgb16(frame, 3);
                double worst = 0;
                double worst8 = 0;
                double worst16 = 0;
                for (int y = 0; y < height; ++y) {
                    for (int x = 0; x < width; ++x) {
                        const std::array<double, 4> want = test::pixel(frame, tags, x, y);
                        for (std::size_t c = 0; c < 4; ++c) {
                            const std::size_t at = static_cast<std::size_t>(x) * 4 + c;
                            const double clamped = std::clamp(want[c], 0.0, 1.0);
                            worst = std::max(worst, std::fabs(real.row(y)[at] - want[c]));
                            worst8 = std::max(worst8, std::fabs(eight.row(y)[at] - clamped * 255));
                            if (c < 3) {
                                const std::size_t at3 = static_cast<std::size_t>(x) * 3 + c;
                                worst16 = std::max(worst16, std::fabs(sixteen.row(y)[at3] - clamped * 65535));
                            }
                        }
                    }
                }
                CHECK(worst < 1e-6);
                CHECK(worst8 < 0.5 + 1e-4);
                CHECK(worst16 < 0.5 + 0.02);
            }
        }
    }
}

TEST_CASE("formats without subsampling come back from RGB with the same samples")
{
    std::uint32_t seed = 100;
    for (const PixelFormat& format : test::manyFormats()) {
        if (format.log2ChromaWidth + format.log2ChromaHeight > 0) {
            continue;
        }
        for (const ColourRange range : {ColourRange::kLimited, ColourRange::kFull}) {
            CAPTURE(format.name);
            Frame::Description d;
            d.format = format;
            d.width = 33;
            d.height = 7;
            d.colour.matrix = Matrix::kBt2020;
            d.colour.range = range;
            const Frame frame = test::randomFrame(d, seed++);
            CHECK(sameSamples(fromRgb(toRgbFloat(frame, 4), d), frame));
        }
    }
}

TEST_CASE("8-bit RGB survives 10-bit 4:4:4 and 16-bit RGB survives 16-bit gbrp")
{
    std::mt19937 random(7);
    Image8 eight(31, 9, 3);
    for (auto& value : eight.pixels) {
        value = static_cast<std::uint8_t>(random());
    }
    for (const Matrix matrix : {Matrix::kBt709, Matrix::kSmpte170m, Matrix::kBt2020}) {
        CHECK(toRgb8(fromRgb(eight, describe("yuv444p10le", 0, 0, matrix))) == eight);
    }
    Image16 sixteen(31, 9, 3);
    for (auto& value : sixteen.pixels) {
        value = static_cast<std::uint16_t>(random());
    }
    CHECK(toRgb16(fromRgb(sixteen, describe("gbrp16le", 0, 0, Matrix::kRgb, ColourRange::kFull))) == sixteen);
}

TEST_CASE("flat colour survives any subsampling and siting")
{
    Image8 image(13, 9, 3);
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
        image.pixels[i] = 200;
        image.pixels[i + 1] = 90;
        image.pixels[i + 2] = 30;
    }
    for (const PixelFormat& format : test::manyFormats()) {
        if (format.model != ColourModel::kYuv) {
            continue;
        }
        for (int place = 0; place <= 6; ++place) {
            CAPTURE(format.name);
            CAPTURE(place);
            Frame::Description d = describe("gray", 0, 0);
            d.format = format;
            d.colour.chromaPlace = static_cast<ChromaPlace>(place);
            const Image8 back = toRgb8(fromRgb(image, d));
            for (std::size_t i = 0; i < back.pixels.size(); ++i) {
                REQUIRE(std::abs(back.pixels[i] - image.pixels[i]) <= 2);
            }
        }
    }
}

TEST_CASE("a chroma ramp stays in place: down and up again is the identity on a line")
{
    // Colour that grows linearly keeps its phase only if the siting is right on both ways.
    for (const ChromaPlace place : {ChromaPlace::kLeft, ChromaPlace::kCentre, ChromaPlace::kTopLeft,
             ChromaPlace::kTop, ChromaPlace::kBottomLeft}) {
        for (const char* name : {"yuv420p16le", "yuv422p16le"}) {
            CAPTURE(static_cast<int>(place));
            CAPTURE(std::string(name));
            ImageF image(64, 32, 3);
            for (int y = 0; y < 32; ++y) {
                for (int x = 0; x < 64; ++x) {
                    image.row(y)[3 * x] = 0.3F + 0.004F * static_cast<float>(x) + 0.003F * static_cast<float>(y);
                    image.row(y)[3 * x + 1] = 0.5F;
                    image.row(y)[3 * x + 2] = 0.6F - 0.005F * static_cast<float>(x);
                }
            }
            const ImageF back =
                toRgbFloat(fromRgb(image, describe(name, 0, 0, Matrix::kBt709, ColourRange::kFull, place)));
            double worst = 0;
            for (int y = 4; y < 28; ++y) {
                for (int x = 4; x < 60; ++x) {
                    for (int c = 0; c < 3; ++c) {
                        worst = std::max(
                            worst, static_cast<double>(std::fabs(back.row(y)[3 * x + c] - image.row(y)[3 * x + c])));
                    }
                }
            }
            CHECK(worst < 1e-4);
        }
    }
}

TEST_CASE("excursions are kept in float and clamped in integers; what is not a number becomes black")
{
    const Frame bright = flat(describe("yuv444p", 2, 1), {255, 128, 128});
    CHECK(toRgbFloat(bright).pixels[0] == doctest::Approx(239.0 / 219.0));
    CHECK(toRgb8(bright).pixels[0] == 255);
    CHECK(toRgbFloat(flat(describe("yuv444p", 2, 1), {0, 128, 128})).pixels[0] == doctest::Approx(-16.0 / 219.0));

    ImageF odd(3, 1, 3);
    odd.pixels = {2.5F, -3, 0.5F, std::numeric_limits<float>::quiet_NaN(), 0, 0, 1e30F, -1e30F, 1};
    const Image8 back = toRgb8(fromRgb(odd, describe("rgb24", 0, 0, Matrix::kRgb, ColourRange::kFull)));
    CHECK(back.pixels == std::vector<std::uint8_t>{255, 0, 128, 0, 0, 0, 255, 0, 255});
    // Float planes keep everything.
    const ImageF same = toRgbFloat(fromRgb(odd, describe("gbrpf32le", 0, 0, Matrix::kRgb, ColourRange::kFull)));
    CHECK(same.pixels[0] == 2.5F);
    CHECK(same.pixels[6] == 1e30F);
    CHECK(std::isnan(same.pixels[3]));
}

TEST_CASE("half-float planes hold what binary16 can hold")
{
    PixelFormat half = pixelFormat("gbrpf32le");
    half.name = "gbrpf16le";
    for (auto& component : half.components) {
        component.step = 2;
        component.depth = 16;
    }
    Frame::Description d;
    d.format = half;
    ImageF image(4, 1, 3);
    image.pixels = {
        0, 1, -1, 0.5F, 65504, -65504, 1e6F, 5.9604645e-8F, 6.1035156e-5F, 1.0009766F, 3e-5F, 0.33325195F};
    const ImageF back = toRgbFloat(fromRgb(image, d));
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        CAPTURE(i);
        if (i == 6) {
            CHECK(std::isinf(back.pixels[i]));
        } else {
            CHECK(back.pixels[i] == doctest::Approx(image.pixels[i]).epsilon(i == 10 ? 1e-3 : 1e-9));
        }
    }
}

TEST_CASE("unspecified tags mean what effectiveTags says, and yuvj formats are full range")
{
    Frame::Description d = describe("yuv420p", 4, 2, Matrix::kUnspecified, ColourRange::kUnspecified);
    CHECK(firstPixel(flat(d, {235, 128, 128})) == std::array{255, 255, 255});
    d.format.name = "yuvj420p";
    CHECK(firstPixel(flat(d, {235, 128, 128})) == std::array{235, 235, 235});
    CHECK(firstPixel(flat(describe("gray", 2, 1, Matrix::kUnspecified, ColourRange::kUnspecified), {77, 0, 0})) ==
          std::array{77, 77, 77});
}

TEST_CASE("luma is taken as it is stored, or weighted from RGB")
{
    CHECK(toLuma8(flat(describe("yuv420p", 4, 2), {126, 200, 30})).pixels[0] == 128); // (126 - 16) * 255 / 219
    CHECK(toLuma8(flat(describe("gray", 2, 2, Matrix::kBt709, ColourRange::kFull), {77, 0, 0})).pixels[3] == 77);
    const Frame green = flat(describe("gbrp", 2, 2, Matrix::kBt709, ColourRange::kFull), {0, 255, 0});
    CHECK(toLuma8(green).pixels[0] == 182); // 0.7152 * 255
}

TEST_CASE("alpha goes along, and is opaque where there is none")
{
    Image8 image(3, 2, 4);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        image.pixels[i] = static_cast<std::uint8_t>(i * 9);
    }
    CHECK(toRgb8(fromRgb(image, describe("rgba", 0, 0, Matrix::kRgb, ColourRange::kFull)), 4) == image);
    const Image8 opaque = toRgb8(fromRgb(image, describe("rgb24", 0, 0, Matrix::kRgb, ColourRange::kFull)), 4);
    for (std::size_t i = 3; i < opaque.pixels.size(); i += 4) {
        CHECK(opaque.pixels[i] == 255);
    }
    const Image8 three(3, 2, 3, 10);
    CHECK(toRgb8(fromRgb(three, describe("rgba", 0, 0)), 4).pixels[3] == 255);
}

TEST_CASE("pictures that cannot be converted are refused in words")
{
    CHECK_THROWS_AS(toRgb8(Frame()), base::Error);
    CHECK_THROWS_AS(toRgb8(flat(describe("gray", 2, 2), {1, 0, 0}), 2), base::Error);
    CHECK_THROWS_AS(fromRgb(Image8(2, 2, 1), describe("gray", 0, 0)), base::Error);
    CHECK_THROWS_AS(fromRgb(Image8(), describe("gray", 0, 0)), base::Error);
}

TEST_CASE("both builds of the row loops give the same bits")
{
    const detail::Kernels* fast = detail::avx2Kernels();
    if (fast == nullptr) {
        MESSAGE("skipped: this processor has no AVX2");
        return;
    }
    const detail::Kernels& plain = detail::baselineKernels();
    std::mt19937 random(3);
    std::uniform_real_distribution<float> uniform(-20, 280);
    constexpr int kCount = 77;
    std::array<std::vector<float>, 3> in;
    for (auto& row : in) {
        for (int i = 0; i < 2 * kCount + 2; ++i) {
            row.push_back(uniform(random));
        }
    }
    const auto run = [&in](const detail::Kernels& k) {
        std::array<std::vector<float>, 6> out;
        for (auto& row : out) {
            row.resize(2 * kCount);
        }
        const detail::ToRgbMatrix to{16, 255.F / 219, 128, {0, -0.213F, 2.112F}, {1.793F, -0.533F, 0}};
        const detail::FromRgbMatrix from{{{.2F, .7F, .1F}, {-.1F, -.4F, .5F}, {.5F, -.4F, -.1F}}, {16, 128, 128}};
        k.yuvToRgb(to, in[0].data(), in[1].data(), in[2].data(), out[0].data(), out[1].data(), out[2].data(), kCount);
        k.rgbToYuv(
            from, in[0].data(), in[1].data(), in[2].data(), out[3].data(), out[4].data(), out[5].data(), kCount);
        k.scale(out[0].data(), 1.5F, 0.77F, kCount);
        k.add(out[1].data(), in[2].data(), 0.3F, kCount);
        k.blend(out[1].data(), in[0].data(), 0.25F, out[2].data() + kCount, kCount);
        k.doubleCentre(in[0].data() + 1, out[5].data(), kCount);
        k.halveLeft(in[1].data() + 1, out[4].data() + kCount, kCount);
        std::vector<std::uint8_t> bytes(10 * kCount);
        k.store8(in[0].data(), 255, bytes.data(), kCount);
        k.store16(in[1].data(), 200, 2, bytes.data() + kCount, kCount);
        std::vector<std::uint8_t> luma(kCount);
        k.store8(in[2].data(), 255, luma.data(), kCount);
        k.yuvToPacked8(to, luma.data(), in[0].data(), in[1].data(), 3, bytes.data() + 3 * kCount, kCount);
        k.yuvToPacked8(to, luma.data(), in[0].data(), in[1].data(), 4, bytes.data() + 6 * kCount, kCount);
        return std::pair{out, bytes};
    };
    CHECK(run(plain) == run(*fast));
}
