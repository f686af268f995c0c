#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>
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
    at::set_num_threads(1); // a barrier per operation costs more than these operations
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
using Prepare = std::function<PreparedFrame(std::int64_t)>;

// A clip whose shots begin at `starts`.
LiteClip clipOf(std::int64_t frames, std::set<std::int64_t> starts, Prepare prepare)
{
    starts.insert(0);
    return {std::move(prepare), [starts](std::int64_t frame) { return starts.contains(frame); }, frames};
}

const models::LiteWeights& weights()
{
    static const models::LiteWeights network = smallNetwork();
    return network;
}

Result enhanced(
    base::FrameRange range, std::int64_t frames, const std::set<std::int64_t>& starts = {},
    const Prepare& prepare = [](std::int64_t frame) { return noise(frame); })
{
    LiteEnhancer enhancer(weights(), {}, clipOf(frames, starts, prepare));
    Result result;
    for (std::int64_t frame = range.begin; frame < range.end; ++frame) {
        result[frame] = enhancer.make(frame, base::Control());
    }
    return result;
}

} // namespace

TEST_CASE("a frame gets the same bytes whatever range it is asked in")
{
    // Cuts at every place of a group (groups are 0 | 1…4 | 5…8 | …), one shot of a single frame among them.
    for (const std::set<std::int64_t>& starts :
        {std::set<std::int64_t>{}, {13, 26}, {15, 30, 31}, {16, 18, 20, 35}}) {
        const Result whole = enhanced({0, 50}, 50, starts);
        for (const base::FrameRange range :
            {base::FrameRange{0, 1}, {1, 5}, {3, 9}, {17, 18}, {40, 50}, {49, 50}, {29, 34}, {15, 17}}) {
            CAPTURE(range.begin);
            for (const auto& [frame, picture] : enhanced(range, 50, starts)) {
                CHECK(picture == whole.at(frame));
            }
        }
    }
}

TEST_CASE("frames may be asked for in any order")
{
    const Result whole = enhanced({0, 30}, 30, {11});
    LiteEnhancer enhancer(weights(), {}, clipOf(30, {11}, [](std::int64_t frame) { return noise(frame); }));
    for (const std::int64_t frame : {29, 3, 4, 3, 12, 11, 10, 25, 26, 0}) {
        CAPTURE(frame);
        CHECK(enhancer.make(frame, base::Control()) == whole.at(frame));
    }
}

TEST_CASE("nothing crosses a cut, nor is more looked at than was said")
{
    for (const std::int64_t cut : {10, 12, 13}) {
        const auto other = [cut](std::int64_t frame) { return noise(frame, frame < cut ? 2 : 1); };
        const Result before = enhanced({0, 30}, 30, {cut});
        const Result after = enhanced({0, 30}, 30, {cut}, other);
        CHECK(before.at(cut - 1) != after.at(cut - 1));
        for (std::int64_t frame = cut; frame < 30; ++frame) {
            CHECK(before.at(frame) == after.at(frame));
        }
        // Without the cut the first shot's change does reach into the second.
        CHECK(enhanced({cut, cut + 1}, 30).at(cut) != enhanced({cut, cut + 1}, 30, {}, other).at(cut));
    }
    std::int64_t oldest = 1000, newest = 0;
    const LiteClip clip = clipOf(1000, {}, [&](std::int64_t frame) {
        oldest = std::min(oldest, frame);
        newest = std::max(newest, frame);
        return noise(frame);
    });
    LiteEnhancer enhancer(weights(), {}, clip);
    enhancer.make(501, base::Control());
    CHECK(oldest >= 501 - enhancer.lookBack());
    CHECK(newest <= 504);
}

TEST_CASE("a frame never depends on later groups, nor on how a shot's last group is filled")
{
    const Result shorter = enhanced({0, 11}, 11);
    const Result longer = enhanced({0, 11}, 30);
    // Frames 0…8 lie in whole groups either way.
    for (std::int64_t frame = 0; frame <= 8; ++frame) {
        CHECK(shorter.at(frame) == longer.at(frame));
    }
}

TEST_CASE("pictures keep their size and mask and trust reach the network")
{
    const Result plain = enhanced({0, 5}, 5);
    CHECK(plain.at(4).width == kWidth);
    CHECK(plain.at(4).height == kHeight);
    const Result masked = enhanced({0, 5}, 5, {}, [](std::int64_t frame) {
        PreparedFrame prepared = noise(frame);
        prepared.mask = video::Mask(kWidth, kHeight, 1);
        return prepared;
    });
    const Result untrusted = enhanced({0, 5}, 5, {}, [](std::int64_t frame) {
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
    const auto refuse = [](std::int64_t f) {
        FAIL("asked for a frame");
        return noise(f);
    };
    LiteEnhancer enhancer(weights(), {}, clipOf(5, {}, refuse));
    CHECK_THROWS_AS(enhancer.make(0, control), base::Cancelled);
    CHECK_THROWS_AS(enhancer.make(5, base::Control()), base::Error);
    CHECK_THROWS_AS(LiteEnhancer(weights(), {.detail = 1.5}, clipOf(5, {}, refuse)), base::Error);
}
