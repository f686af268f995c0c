#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/classical/enhancer.h"
#include "core/video/convert.h"
#include "core/vision/inpaint.h"
#include "tests/core/vision/scenes.h"

using namespace reelmend;
using namespace reelmend::classical;

namespace {

constexpr int kWidth = 224;
constexpr int kHeight = 128;
constexpr std::int64_t kFrames = 30;

video::ImageF background(std::int64_t i, std::uint32_t seed = 1)
{
    // A pan of 2.25 pixels a frame with a little up and down.
    const auto t = static_cast<float>(i);
    return test::texturePicture(kWidth, kHeight, seed, -2.25F * t, 1.5F * std::sin(t / 4));
}

struct Disc {
    float x, y, radius;
    bool contains(int px, int py, float margin) const
    {
        const float dx = static_cast<float>(px) - x;
        const float dy = static_cast<float>(py) - y;
        return dx * dx + dy * dy <= (radius + margin) * (radius + margin);
    }
};

Disc object(std::int64_t i)
{
    return {90 + 0.5F * static_cast<float>(i), 66, 19}; // slower than the background: it uncovers what it hides
}

video::ImageF withObject(video::ImageF image, const Disc& disc)
{
    for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
            if (disc.contains(x, y, 0)) {
                float* p = image.row(y) + 3 * x;
                p[0] = 0.9F;
                p[1] = 0.15F + 0.2F * static_cast<float>((x + y) % 2);
                p[2] = 0.1F;
            }
        }
    }
    return image;
}

video::Mask maskOf(const Disc& disc)
{
    video::Mask mask(kWidth, kHeight, 1);
    for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
            mask.row(y)[x] = disc.contains(x, y, 3) ? 65535 : 0;
        }
    }
    return mask;
}

class Masks : public video::MaskSource {
public:
    explicit Masks(std::function<video::Mask(std::int64_t)> make, bool isOne = false)
        : make_(std::move(make))
        , isOne_(isOne)
    {}
    bool isStatic() const override { return isOne_; }
    video::Mask mask(std::int64_t index) override { return make_(index); }

private:
    std::function<video::Mask(std::int64_t)> make_;
    bool isOne_;
};

Settings inpaint(double strength = 1)
{
    Settings settings;
    settings.task = jobs::Task::kInpaint;
    settings.strength = strength;
    settings.threads = 2;
    return settings;
}

double psnr(const video::Frame& a, const video::Frame& b, const video::Mask& where)
{
    const video::ImageF x = video::toRgbFloat(a);
    const video::ImageF y = video::toRgbFloat(b);
    double sum = 0;
    int count = 0;
    for (std::size_t i = 0; i < where.pixels.size(); ++i) {
        for (std::size_t c = 0; c < 3 && where.pixels[i] > 0; ++c) {
            const double d = x.pixels[3 * i + c] - y.pixels[3 * i + c];
            sum += d * d;
            ++count;
        }
    }
    return -10 * std::log10(sum / count);
}

// Every sample that a pixel outside the mask uses.
bool sameOutside(const video::Frame& a, const video::Frame& b, const video::Mask& mask)
{
    return video::sameSamples(video::keepNativeSamples(a, b, mask), a);
}

test::PaintedClip clipWithObject(const std::string& format = "yuv444p")
{
    return {kWidth, kHeight, kFrames, [](std::int64_t i) { return withObject(background(i), object(i)); }, format};
}

} // namespace

TEST_CASE("what other frames show comes back, far better than a fill from the edge")
{
    test::PaintedClip clip = clipWithObject();
    test::PaintedClip truth(
        kWidth, kHeight, kFrames, [](std::int64_t i) { return background(i); }, "yuv444p");
    Masks masks([](std::int64_t i) { return maskOf(object(i)); });
    const base::Control control;
    const auto enhancer = Enhancer::make(inpaint(), clip, &masks, control);
    for (const std::int64_t i : {3, 15, 27}) {
        CAPTURE(i);
        const EnhancedFrame result = enhancer->enhance(i);
        const video::Mask mask = masks.mask(i);
        video::Image8 hole(kWidth, kHeight, 1);
        std::transform(mask.pixels.begin(), mask.pixels.end(), hole.pixels.begin(),
            [](std::uint16_t v) { return static_cast<std::uint8_t>(v >> 8); });
        const video::Frame smooth =
            video::fromRgb(vision::inpainted(video::toRgb8(clip.frame(i)), hole), clip.frame(i).description());
        const double ours = psnr(result.frame, truth.frame(i), mask);
        const double plain = psnr(smooth, truth.frame(i), mask);
        CAPTURE(plain);
        CHECK(ours > 28);
        CHECK(ours > plain + 8);
        REQUIRE(result.changed != nullptr);
        CHECK(*result.changed == mask);
        CHECK(video::sameSamples(result.source, clip.frame(i)));
        CHECK(sameOutside(result.frame, result.source, mask));
        CHECK(result.frame.time().pts == i);
    }
}

TEST_CASE("a frame comes out the same whenever and wherever it is asked for")
{
    test::PaintedClip clip = clipWithObject("yuv420p");
    Masks masks([](std::int64_t i) { return maskOf(object(i)); });
    const base::Control control;
    const auto whole = Enhancer::make(inpaint(), clip, &masks, control);
    std::vector<video::Frame> frames;
    for (std::int64_t i = 0; i < kFrames; ++i) {
        frames.push_back(whole->enhance(i).frame);
    }
    const auto resumed = Enhancer::make(inpaint(), clip, &masks, control);
    for (std::int64_t i = 17; i < 21; ++i) {
        CHECK(video::sameSamples(resumed->enhance(i).frame, frames[static_cast<std::size_t>(i)]));
    }
    Settings one = inpaint();
    one.threads = 1;
    CHECK(video::sameSamples(Enhancer::make(one, clip, &masks, control)->enhance(22).frame, frames[22]));
    const auto shuffled = Enhancer::make(inpaint(), clip, &masks, control);
    for (const std::size_t i : {29, 2, 11}) {
        CHECK(video::sameSamples(shuffled->enhance(static_cast<std::int64_t>(i)).frame, frames[i]));
    }
}

TEST_CASE("nothing is fetched across a cut, and what no frame shows is made up from the frame itself")
{
    // The object fills the same place in both shots; the second shot does not move at all.
    const Disc still{100, 64, 18};
    const auto scene = [](std::int64_t i) {
        return i < 10 ? background(0, 1) : test::texturePicture(kWidth, kHeight, 500);
    };
    test::PaintedClip clip(kWidth, kHeight, 20, [&](std::int64_t i) {
        video::ImageF image = withObject(scene(i), still);
        for (std::size_t k = 0; k < image.pixels.size() && i < 10; k += 3) {
            image.pixels[k] = 0.05F; // the first shot has no red at all
        }
        return image;
    });
    Masks masks([&](std::int64_t i) { return i == 9 || i == 10 ? maskOf(still) : video::Mask(kWidth, kHeight, 1); });
    const base::Control control;
    const auto enhancer = Enhancer::make(inpaint(), clip, &masks, control);
    const auto redAt = [](const video::Frame& frame, int x, int y) {
        return static_cast<int>(video::toRgb8(frame).row(y)[3 * x]);
    };
    // Red everywhere in the mask's place of shot one shows at frames 0 to 8, and those are not masked.
    const video::Frame last = enhancer->enhance(9).frame;
    const video::Frame first = enhancer->enhance(10).frame;
    CHECK(redAt(last, 100, 64) < 40);
    CHECK(redAt(first, 100, 64) > 40);
    // Made up: a static mask over a still picture hides the same place in every frame.
    test::PaintedClip frozen(
        kWidth, kHeight, 6, [&](std::int64_t) { return withObject(background(0), still); }, "yuv444p");
    Masks logo([&](std::int64_t) { return maskOf(still); }, true);
    const auto maker = Enhancer::make(inpaint(), frozen, &logo, control);
    const video::Frame made = maker->enhance(3).frame;
    const video::Image8 rgb = video::toRgb8(made);
    int likeObject = 0;
    for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
            const std::uint8_t* p = rgb.row(y) + 3 * x;
            likeObject += still.contains(x, y, 0) && p[0] > 200 && p[1] < 100 ? 1 : 0;
        }
    }
    CHECK(likeObject == 0);
    CHECK(sameOutside(made, frozen.frame(3), maskOf(still)));
}

TEST_CASE("a logo on a moving picture is lifted off")
{
    const Disc logo{60, 40, 12};
    test::PaintedClip clip(
        kWidth, kHeight, kFrames, [&](std::int64_t i) { return withObject(background(i), logo); }, "yuv444p");
    test::PaintedClip truth(
        kWidth, kHeight, kFrames, [](std::int64_t i) { return background(i); }, "yuv444p");
    Masks mask([&](std::int64_t) { return maskOf(logo); }, true);
    const base::Control control;
    const auto enhancer = Enhancer::make(inpaint(), clip, &mask, control);
    CHECK(psnr(enhancer->enhance(14).frame, truth.frame(14), maskOf(logo)) > 30);
}

TEST_CASE("grey masks and strength blend, black ones and strength 0 change no sample")
{
    test::PaintedClip clip = clipWithObject("gbrp10le");
    const auto level = [](std::uint16_t value) {
        return [value](std::int64_t i) {
            video::Mask mask = maskOf(object(i));
            for (auto& v : mask.pixels) {
                v = v > 0 ? value : std::uint16_t{0};
            }
            return mask;
        };
    };
    const base::Control control;
    Masks white(level(65535));
    Masks grey(level(32768));
    Masks black(level(0));
    const video::Frame full = Enhancer::make(inpaint(), clip, &white, control)->enhance(12).frame;
    const video::Frame half = Enhancer::make(inpaint(), clip, &grey, control)->enhance(12).frame;
    const video::Frame weak = Enhancer::make(inpaint(0.5), clip, &white, control)->enhance(12).frame;
    const video::ImageF a = video::toRgbFloat(clip.frame(12));
    const video::ImageF b = video::toRgbFloat(full);
    const video::ImageF mid = video::toRgbFloat(half);
    const video::ImageF less = video::toRgbFloat(weak);
    for (std::size_t i = 0; i < a.pixels.size(); i += 7) {
        REQUIRE(std::fabs(mid.pixels[i] - 0.5F * (a.pixels[i] + b.pixels[i])) < 0.002F);
        REQUIRE(std::fabs(less.pixels[i] - mid.pixels[i]) < 0.002F);
    }
    CHECK(video::sameSamples(Enhancer::make(inpaint(), clip, &black, control)->enhance(12).frame, clip.frame(12)));
    CHECK(video::sameSamples(Enhancer::make(inpaint(0), clip, &white, control)->enhance(12).frame, clip.frame(12)));
}

TEST_CASE("masks that reach the picture's edge, cover everything, or do not fit")
{
    test::PaintedClip clip = clipWithObject();
    const base::Control control;
    Masks corner([](std::int64_t) { return maskOf({2, 2, 25}); }, true);
    CHECK(!Enhancer::make(inpaint(), clip, &corner, control)->enhance(5).frame.isEmpty());
    Masks all([](std::int64_t) { return video::Mask(kWidth, kHeight, 1, 65535); }, true);
    CHECK(!Enhancer::make(inpaint(), clip, &all, control)->enhance(1).frame.isEmpty());
    Masks small([](std::int64_t) { return video::Mask(kWidth / 2, kHeight / 2, 1, 65535); });
    CHECK_THROWS_AS(Enhancer::make(inpaint(), clip, &small, control)->enhance(0), base::Error);
    CHECK_THROWS_AS(Enhancer::make(inpaint(), clip, nullptr, control), base::Error);

    test::PaintedClip tiny(20, 14, 3, [](std::int64_t) { return test::texturePicture(20, 14, 4); });
    Masks dot([](std::int64_t) {
        video::Mask mask(20, 14, 1);
        mask.row(6)[9] = mask.row(6)[10] = 65535;
        return mask;
    });
    CHECK(Enhancer::make(inpaint(), tiny, &dot, control)->enhance(1).frame.width() == 20);

    base::Control cancelled;
    cancelled.requestCancel();
    Masks masks([](std::int64_t i) { return maskOf(object(i)); });
    CHECK_THROWS_AS(Enhancer::make(inpaint(), clip, &masks, cancelled)->enhance(4), base::Cancelled);
}
