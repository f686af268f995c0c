#include <doctest/doctest.h>

#include <ATen/ATen.h>

#include <map>
#include <random>
#include <vector>

#include "core/base/error.h"
#include "core/enhance/lite_enhancer.h"

using namespace reelmend;
using namespace reelmend::enhance;

namespace {

constexpr int kWidth = 27; // no multiple of the cell
constexpr int kHeight = 18;

models::LiteWeights smallNetwork()
{
    models::LiteConfig config;
    config.channels = {8, 8, 16};
    config.latentChannels = 24;
    config.heads = 2;
    config.mlpChannels = 24;
    models::LiteWeights weights(config);
    // Fresh weights return the input; random ones make every cache count.
    models::initialiseRandomly([&](const models::ParameterVisitor& v) { weights.visit(v); }, 7, at::kFloat);
    return weights;
}

PreparedFrame noise(std::int64_t frame, unsigned seed = 1)
{
    std::mt19937 generator(static_cast<unsigned>(frame) * 1000 + seed);
    std::uniform_real_distribution<float> value(0, 1);
    PreparedFrame prepared;
    prepared.rgb = video::ImageF(kWidth, kHeight, 3);
    for (float& sample : prepared.rgb.pixels) {
        sample = value(generator);
    }
    return prepared;
}

using Result = std::map<std::int64_t, video::ImageF>;

Result enhanced(
    base::FrameRange range, const Shots& shots,
    const LiteEnhancer::Prepare& prepare = [](std::int64_t frame) { return noise(frame); })
{
    static const models::LiteWeights weights = smallNetwork();
    const LiteEnhancer enhancer(weights, {});
    Result result;
    std::int64_t expected = range.begin;
    enhancer.run(
        range, shots, prepare,
        [&](std::int64_t frame, video::ImageF picture) {
            CHECK(frame == expected++);
            result[frame] = std::move(picture);
        },
        base::Control());
    CHECK(expected == range.end);
    return result;
}

} // namespace

TEST_CASE("a frame gets the same bytes whatever range it is asked in")
{
    const Shots shots{{0}, 50};
    const Result whole = enhanced({0, 50}, shots);
    for (const base::FrameRange range :
        {base::FrameRange{0, 1}, {1, 5}, {3, 9}, {17, 18}, {40, 50}, {49, 50}, {29, 34}}) {
        CAPTURE(range.begin);
        for (const auto& [frame, picture] : enhanced(range, shots)) {
            CHECK(picture == whole.at(frame));
        }
    }
}

TEST_CASE("nothing crosses a cut")
{
    const Shots shots{{0, 10}, 20};
    const Result before = enhanced({0, 20}, shots);
    const Result after =
        enhanced({0, 20}, shots, [](std::int64_t frame) { return noise(frame, frame < 10 ? 2 : 1); });
    CHECK(before.at(9) != after.at(9));
    for (std::int64_t frame = 10; frame < 20; ++frame) {
        CHECK(before.at(frame) == after.at(frame));
    }
    // Without the cut the first shot's change does reach into the second.
    const Shots one{{0}, 20};
    CHECK(enhanced({10, 11}, one).at(10) !=
          enhanced({10, 11}, one, [](std::int64_t frame) { return noise(frame, frame < 10 ? 2 : 1); }).at(10));
}

TEST_CASE("a frame never depends on later groups, nor on how a shot's last group is filled")
{
    const Result shorter = enhanced({0, 11}, {{0}, 11});
    const Result longer = enhanced({0, 11}, {{0}, 30});
    // Groups are 0 | 1…4 | 5…8 | 9…12: frames 0…8 lie in whole groups either way.
    for (std::int64_t frame = 0; frame <= 8; ++frame) {
        CHECK(shorter.at(frame) == longer.at(frame));
    }
}

TEST_CASE("pictures keep their size and mask and trust reach the network")
{
    const Shots shots{{0}, 5};
    const Result plain = enhanced({0, 5}, shots);
    CHECK(plain.at(4).width == kWidth);
    CHECK(plain.at(4).height == kHeight);
    const Result masked = enhanced({0, 5}, shots, [](std::int64_t frame) {
        PreparedFrame prepared = noise(frame);
        prepared.mask = video::Mask(kWidth, kHeight, 1);
        return prepared;
    });
    const Result untrusted = enhanced({0, 5}, shots, [](std::int64_t frame) {
        PreparedFrame prepared = noise(frame);
        prepared.trust = video::Image8(kWidth, kHeight, 1);
        return prepared;
    });
    CHECK(plain.at(2) != masked.at(2));
    CHECK(plain.at(2) != untrusted.at(2));
    CHECK(masked.at(2) != untrusted.at(2));
}

TEST_CASE("a stop is obeyed, and what cannot be done is refused")
{
    base::Control control;
    control.requestCancel();
    const models::LiteWeights weights = smallNetwork();
    const LiteEnhancer enhancer(weights, {});
    CHECK_THROWS_AS(enhancer.run(
                        {0, 5}, {{0}, 5}, [](std::int64_t f) { return noise(f); },
                        [](std::int64_t, video::ImageF) { FAIL("made a frame"); }, control),
        base::Cancelled);
    CHECK_THROWS_AS(LiteEnhancer(weights, {.detail = 1.5}), base::Error);
    CHECK_THROWS_AS((Shots{{0}, 5}.shotOf(5)), base::Error);
}
