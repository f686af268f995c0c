#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/perceptual/loss_terms.h"
#include "core/perceptual/losses.h"
#include "core/perceptual/lpips.h"
#include "core/perceptual/scores.h"
#include "tests/support/png_picture.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::perceptual;

namespace {

at::Tensor noise(at::IntArrayRef sizes, std::uint64_t seed)
{
    at::manual_seed(seed);
    return at::rand(sizes, at::kDouble) * 2 - 1;
}

PictureDistance lpips()
{
    const auto file = test::sourceFolder() / "resources/perceptual/lpips_squeeze_v0.1.safetensors";
    return lpipsDistance(loadLpips(file, at::kDouble));
}

LossTarget targetFor(std::int64_t time, std::int64_t side, bool masked)
{
    LossTarget target{noise({1, 3, time, side, side + 2}, 1) * 0.8, {}, {}, {}};
    if (masked) {
        target.mask = (noise({1, 1, 1, side, side + 2}, 2) + 1) / 2;
    }
    target.flow = noise({time - 1, 2, side, side + 2}, 3) * 2.3;
    target.flowHolds = (noise({time - 1, 1, side, side + 2}, 4) > -0.5).to(at::kDouble);
    return target;
}

double valueOf(const FrameLoss& loss, const at::Tensor& frames)
{
    return loss.evaluate(frames, {0, frames.size(2)}).value();
}

const char* const kAll[] = {
    "mse", "l1", "charbonnier", "ssim", "ms-ssim", "lpips", "frame-difference", "warp", "mse+0.3*lpips+2*warp"};

} // namespace

TEST_CASE("gradients of all losses, masked too, are those of finite differences")
{
    for (const std::string name : kAll) {
        for (const bool masked : {false, true}) {
            INFO(name << (masked ? ", masked" : ""));
            const std::int64_t side = name == "ms-ssim" ? 176 : 34, time = name == "ms-ssim" ? 1 : 3;
            if (time == 1 && masked) {
                continue; // the same code as lpips; large pictures are slow
            }
            const LossTarget target =
                time > 1 ? targetFor(time, side, masked) : LossTarget{noise({1, 3, 1, side, side}, 1), {}, {}, {}};
            LossOptions options;
            options.distance = lpips();
            options.sliceFrames = 2;
            const auto loss = makeLoss(parseLosses(name), target, options);
            const at::Tensor frames = (target.frames * 0.6 + noise(target.frames.sizes(), 7) * 0.4).clone();
            const at::Tensor gradient = loss->evaluate(frames, {0, time}).gradient;
            const at::Tensor direction = noise(frames.sizes(), 8);
            constexpr double kStep = 1e-6;
            const double slope =
                (valueOf(*loss, frames + kStep * direction) - valueOf(*loss, frames - kStep * direction)) /
                (2 * kStep);
            CHECK((gradient * direction).sum().item<double>() == doctest::Approx(slope).epsilon(2e-4));
            CHECK(std::abs(slope) > 1e-8);
        }
    }
}

TEST_CASE("all losses and their gradients are finite on constant and on equal pictures")
{
    for (const std::string name : kAll) {
        INFO(name);
        const std::int64_t side = name == "ms-ssim" ? 176 : 34;
        LossTarget target = targetFor(2, side, false);
        LossOptions options;
        options.distance = lpips();
        for (const double level : {-1.0, 0.0, 0.4}) {
            target.frames = at::full_like(target.frames, level);
            const auto loss = makeLoss(parseLosses(name), target, options);
            for (const double own : {level, 0.9}) {
                const LossPart part = loss->evaluate(at::full_like(target.frames, own), {0, 2});
                CHECK(std::isfinite(part.value()));
                CHECK(at::isfinite(part.gradient).all().item<bool>());
                CHECK(!part.fault);
                if (own == level && name.find("charbonnier") == name.npos) {
                    CHECK(std::abs(part.value()) < 1e-6);
                }
            }
        }
    }
}

TEST_CASE("losses of pixels are the plain means, and the loss of a part is its share of the clip's")
{
    const LossTarget target = targetFor(5, 12, false);
    const at::Tensor x = noise(target.frames.sizes(), 5), d = x - target.frames;
    const auto value = [&](const char* name) { return valueOf(*makeLoss(parseLosses(name), target), x); };
    CHECK(value("mse") == doctest::Approx(d.square().mean().item<double>()));
    CHECK(value("l1") == doctest::Approx(d.abs().mean().item<double>()));
    CHECK(value("charbonnier") == doctest::Approx((d.square() + 1e-6).sqrt().mean().item<double>()));
    CHECK(value("2*mse+0.5*l1") == doctest::Approx((2 * d.square().mean() + 0.5 * d.abs().mean()).item<double>()));
    const at::Tensor changes = d.narrow(2, 1, 4) - d.narrow(2, 0, 4);
    CHECK(value("frame-difference") == doctest::Approx(changes.abs().mean().item<double>()));
    const auto loss = makeLoss(parseLosses("mse+ssim"), target);
    const LossPart first = loss->evaluate(x.narrow(2, 0, 2), {0, 2}),
                   second = loss->evaluate(x.narrow(2, 2, 3), {2, 5});
    const LossPart whole = loss->evaluate(x, {0, 5});
    CHECK(first.value() + second.value() == doctest::Approx(whole.value()));
    CHECK((at::cat({first.gradient, second.gradient}, 2) - whole.gradient).abs().max().item<double>() < 1e-15);
}

TEST_CASE("SSIM and MS-SSIM of R, G and B equal the public implementation")
{
    // The pictures of tools/reference/score_values.py, which prints the expected values.
    const at::Tensor y = at::arange(192, at::kDouble).view({1, 1, 192, 1}),
                     x = at::arange(200, at::kDouble).view({1, 1, 1, 200});
    const at::Tensor c = at::arange(3, at::kDouble).view({1, 3, 1, 1});
    const at::Tensor slow = at::sin(0.11 * x + 0.5 * c) * at::cos(0.07 * y), fine = at::sin(0.9 * x + 1.3 * y + c);
    const auto clip = [](const at::Tensor& unit) { return (unit.clamp(0, 1) * 2 - 1).unsqueeze(2); };
    const at::Tensor clean = clip(0.5 + 0.3 * slow + 0.15 * fine);
    const at::Tensor worse =
        clip(0.5 + 0.29 * slow + 0.06 * fine + 0.04 * at::sin(2.1 * x * (1 + 0.1 * c) - 1.7 * y) + 0.01);
    CHECK(valueOf(*makeLoss(parseLosses("ssim"), {clean, {}, {}, {}}), worse) ==
          doctest::Approx(0.2984592778806472).epsilon(1e-9));
    CHECK(valueOf(*makeLoss(parseLosses("ms-ssim"), {clean, {}, {}, {}}), worse) ==
          doctest::Approx(0.06671409929373906).epsilon(1e-6));
}

TEST_CASE("a masked loss is the mean over what counts, and blind to the rest")
{
    LossTarget target = targetFor(3, 34, false);
    target.mask = at::zeros({1, 1, 1, 34, 36}, at::kDouble);
    target.mask.narrow(4, 0, 18).fill_(1);
    const at::Tensor x = noise(target.frames.sizes(), 5);
    at::Tensor spoiled = x.clone();
    spoiled.narrow(4, 24, 12).fill_(0.77); // beyond SSIM's window
    LossOptions options;
    options.distance = lpips();
    const at::Tensor inside = (x - target.frames).narrow(4, 0, 18);
    CHECK(
        valueOf(*makeLoss(parseLosses("mse"), target), x) == doctest::Approx(inside.square().mean().item<double>()));
    for (const char* name : {"mse", "l1", "charbonnier", "ssim", "lpips", "frame-difference"}) {
        INFO(name);
        const auto loss = makeLoss(parseLosses(name), target, options);
        CHECK(valueOf(*loss, spoiled) == doctest::Approx(valueOf(*loss, x)).epsilon(1e-12));
        CHECK(loss->evaluate(x, {0, 3}).gradient.narrow(4, 24, 12).abs().max().item<double>() == 0);
    }
}

TEST_CASE("a random subset of the frames is unbiased: the mean over draws is the loss of all frames")
{
    const LossTarget target = targetFor(6, 12, false);
    const at::Tensor x = noise(target.frames.sizes(), 5);
    const auto whole = makeLoss(parseLosses("mse+0.5*frame-difference"), target);
    const auto terms = parseLosses("mse@0.5+0.5*frame-difference@0.4");
    at::Tensor sum = at::zeros_like(x);
    double value = 0;
    constexpr int kDraws = 3000;
    for (int seed = 0; seed < kDraws; ++seed) {
        LossOptions options;
        options.seed = static_cast<std::uint64_t>(seed);
        const LossPart part = makeLoss(terms, target, options)->evaluate(x, {0, 6});
        sum += part.gradient / kDraws;
        value += part.value() / kDraws;
    }
    const LossPart expected = whole->evaluate(x, {0, 6});
    CHECK(value == doctest::Approx(expected.value()).epsilon(0.02));
    CHECK(((sum - expected.gradient).norm() / expected.gradient.norm()).item<double>() < 0.06);
}

TEST_CASE("LPIPS gives the reference's distances for its own pictures")
{
    const auto shared = test::sharedFolder();
    if (!shared) {
        MESSAGE("skipped: ../shared/weights is not here");
        return;
    }
    const auto folder = *shared / "weights/lpips_squeeze_v0.1";
    const auto picture = [&](const char* name) {
        auto read = test::readPng(folder / name);
        const at::Tensor rgb = at::from_blob(read.samples.data(), {1, read.height, read.width, 3}, at::kByte);
        return rgb.permute({0, 3, 1, 2}).to(at::kFloat) / 127.5 - 1;
    };
    const auto network =
        loadLpips(test::sourceFolder() / "resources/perceptual/lpips_squeeze_v0.1.safetensors", at::kFloat);
    const at::Tensor reference = picture("ex_ref.png");
    CHECK(network->distance(reference, picture("ex_p0.png"), true).item<double>() ==
          doctest::Approx(0.7110475).epsilon(1e-5));
    CHECK(network->distance(reference, picture("ex_p1.png"), true).item<double>() ==
          doctest::Approx(0.14790158).epsilon(1e-5));
    // For training the square root is smooth at nothing; what it says is the same.
    CHECK(network->distance(reference, picture("ex_p0.png")).item<double>() ==
          doctest::Approx(0.7110475).epsilon(1e-3));
}

TEST_CASE("the warping error of a picture that moves along its flow is nothing, and counts only where flows agree")
{
    // A smooth pattern that moves two pixels to the right per frame: one pixel at half size.
    const at::Tensor x = at::arange(64, at::kDouble).view({1, 1, 1, 64}),
                     y = at::arange(48, at::kDouble).view({1, 1, 48, 1});
    std::vector<at::Tensor> frames;
    for (int t = 0; t < 3; ++t) {
        frames.push_back((0.5 + 0.3 * at::sin((x - 2 * t) * 0.3) * at::cos(y * 0.2)).expand({1, 3, 48, 64}));
    }
    const at::Tensor clip = at::cat(frames);
    int direction = 1;
    const FlowFunction flow = [&](const at::Tensor& from, const at::Tensor&) {
        at::Tensor found = at::zeros({1, 2, from.size(2), from.size(3)}, from.options());
        found.select(1, 0).fill_(direction);
        direction = -direction; // forward first, then backward
        return found;
    };
    const at::Tensor errors = warpingError(clip, flow);
    REQUIRE(errors.size(0) == 2);
    CHECK(errors.max().item<double>() < 1e-20);
    const FlowFunction still = [](const at::Tensor& from, const at::Tensor&) {
        return at::zeros({1, 2, from.size(2), from.size(3)}, from.options());
    };
    CHECK(warpingError(clip, still).min().item<double>() > 1e-4);
    const FlowFunction disagreeing = [](const at::Tensor& from, const at::Tensor&) {
        return at::full({1, 2, from.size(2), from.size(3)}, 5.0, from.options());
    };
    CHECK(warpingError(clip, disagreeing).max().item<double>() == 0);
    CHECK_THROWS_AS(warpingError(clip.narrow(0, 0, 1), still), base::Error);
}

TEST_CASE("losses that cannot be computed are refused in words")
{
    LossTarget target = targetFor(2, 34, false);
    target.flow = at::Tensor();
    CHECK_THROWS_WITH_AS(makeLoss(parseLosses("warp"), target), doctest::Contains("flow"), base::Error);
    CHECK_THROWS_WITH_AS(makeLoss(parseLosses("lpips"), target), doctest::Contains("not loaded"), base::Error);
    CHECK_THROWS_WITH_AS(makeLoss(parseLosses("ms-ssim"), target), doctest::Contains("176"), base::Error);
    CHECK_THROWS_WITH_AS(makeLoss(parseLosses("mse@0"), target), doctest::Contains("share"), base::Error);
    CHECK_THROWS_WITH_AS(parseLosses("mse+"), doctest::Contains("empty"), base::Error);
    CHECK_THROWS_AS(parseLosses("x*mse"), base::Error);
    CHECK(lossText(parseLosses("1e+1*mse+0.1*lpips@0.5")) == "10*mse+0.1*lpips@0.5");
    CHECK_THROWS_AS(
        loadLpips(
            test::sourceFolder() / "tests/fixtures/models/wan_tiny/diffusion_pytorch_model.safetensors", at::kFloat),
        base::Error);
}
