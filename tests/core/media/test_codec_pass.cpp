#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/media/codec_pass.h"

using namespace reelmend;
using namespace reelmend::media;

namespace {

std::vector<video::Image8> movingStripes(int frames, int width, int height)
{
    std::vector<video::Image8> images;
    for (int f = 0; f < frames; ++f) {
        video::Image8 image(width, height, 3);
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                for (int c = 0; c < 3; ++c) {
                    image.row(y)[3 * x + c] =
                        static_cast<std::uint8_t>(128 + 100 * std::sin(0.3 * (x + 2 * f) + 0.2 * y + c));
                }
            }
        }
        images.push_back(std::move(image));
    }
    return images;
}

double distance(const std::vector<video::Image8>& a, const std::vector<video::Image8>& b)
{
    double sum = 0, count = 0;
    for (std::size_t f = 0; f < a.size(); ++f) {
        for (std::size_t i = 0; i < a[f].pixels.size(); ++i) {
            sum += std::abs(static_cast<double>(a[f].pixels[i]) - b[f].pixels[i]);
            count += 1;
        }
    }
    return sum / count;
}

} // namespace

TEST_CASE("frames come back as many as they were, the worse the quality the further off, and always the same")
{
    const auto clean = movingStripes(11, 64, 48);
    for (const char* encoder : {"libx264", "mpeg4", "mpeg2video"}) {
        if (!hasEncoder(encoder)) {
            MESSAGE("skipped: no encoder ", encoder);
            continue;
        }
        const bool isCrf = std::string(encoder) == "libx264";
        const auto fine = passThroughCodec(clean, {encoder, isCrf ? 12 : 2});
        const auto coarse = passThroughCodec(clean, {encoder, isCrf ? 40 : 24});
        REQUIRE(fine.size() == clean.size());
        CHECK(fine.front().width == 64);
        CHECK(distance(fine, clean) < distance(coarse, clean));
        CHECK(distance(fine, clean) < 12); // chroma is halved in any case
        CHECK(distance(coarse, clean) > 3);
        CHECK(passThroughCodec(clean, {encoder, isCrf ? 40 : 24}) == coarse);
    }
    CHECK(passThroughCodec({}, {}).empty());
}

TEST_CASE("small pictures full of noise come back the same every time, whatever lies in memory")
{
    std::mt19937 random(5);
    for (const char* encoder : {"libx264", "mpeg4", "mpeg2video"}) {
        if (!hasEncoder(encoder)) {
            MESSAGE("skipped: no encoder ", encoder);
            continue;
        }
        for (int content = 0; content < 6; ++content) {
            auto noisy = movingStripes(5, 64, 64);
            for (video::Image8& image : noisy) {
                for (std::uint8_t& v : image.pixels) {
                    v = static_cast<std::uint8_t>(v / 2 + random() % 60);
                }
            }
            const CodecPass pass{encoder, std::string(encoder) == "libx264" ? 18 : 4, 11};
            const auto first = passThroughCodec(noisy, pass);
            for (int again = 0; again < 8; ++again) {
                // Memory that is given back is what the next encoder gets.
                std::vector<std::vector<std::uint8_t>> litter;
                for (std::size_t bytes = 64; bytes < 1 << 20; bytes *= 2) {
                    litter.emplace_back(bytes, static_cast<std::uint8_t>(random()));
                }
                litter.clear();
                CAPTURE(encoder);
                CAPTURE(content);
                CHECK(passThroughCodec(noisy, pass) == first);
            }
        }
    }
}

TEST_CASE("what no codec can take is refused")
{
    CHECK_THROWS_AS(passThroughCodec(movingStripes(2, 63, 48), {}), base::Error);
    CHECK_THROWS_AS(passThroughCodec(movingStripes(2, 64, 48), {"no such encoder"}), base::Error);
    auto uneven = movingStripes(2, 64, 48);
    uneven[1] = movingStripes(1, 32, 48).front();
    CHECK_THROWS_AS(passThroughCodec(uneven, {"mpeg4", 4}), base::Error);
}
