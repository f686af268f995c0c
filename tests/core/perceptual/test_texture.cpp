#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/perceptual/losses.h"
#include "core/perceptual/niqe.h"
#include "core/perceptual/score_table.h"
#include "core/perceptual/texture_losses.h"
#include "tests/core/perceptual/formula_networks.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::perceptual;

namespace {

at::Tensor clipOf(const at::Tensor& unit)
{
    return (unit * 2 - 1).unsqueeze(2).contiguous();
}

double valueOf(const FrameLoss& loss, const at::Tensor& frames)
{
    return loss.evaluate(frames, {0, frames.size(2)}).value();
}

const char* const kNames[] = {"focal-frequency", "wavelet", "census"};

} // namespace

TEST_CASE("losses of texture equal the public implementations")
{
    const auto pair = test::formulaPicturesSmall();
    const auto value = [&](const char* name) {
        return valueOf(*makeLoss(parseLosses(name), {clipOf(pair.clean), {}, {}, {}}), clipOf(pair.worse));
    };
    // tools/reference/loss_values.py
    CHECK(value("focal-frequency") == doctest::Approx(0.003583212314497202).epsilon(1e-9));
    CHECK(value("wavelet") == doctest::Approx(0.16058324764158038).epsilon(1e-9));
    CHECK(value("census") == doctest::Approx(0.16919710932060314).epsilon(1e-9));
}

TEST_CASE("gradients of the texture losses, masked too, are those of finite differences")
{
    const auto pair = test::formulaPicturesSmall();
    at::manual_seed(5);
    for (const char* name : kNames) {
        for (const bool masked : {false, true}) {
            CAPTURE(name);
            CAPTURE(masked);
            LossTarget target{clipOf(pair.clean), {}, {}, {}};
            if (masked) {
                target.mask = at::rand({1, 1, 1, 48, 51}, at::kDouble);
            }
            const auto loss = makeLoss(parseLosses(name), target);
            const at::Tensor frames = clipOf(pair.worse), direction = at::randn_like(frames);
            const at::Tensor gradient = loss->evaluate(frames, {0, 1}).gradient;
            constexpr double kStep = 1e-6;
            double slope = (valueOf(*loss, frames + kStep * direction) - valueOf(*loss, frames - kStep * direction)) /
                           (2 * kStep);
            double expected = (gradient * direction).sum().item<double>();
            if (std::string(name) == "focal-frequency") { // its weights are held fixed in the gradient: w |d|^2, of
                slope *= 2.0 / 3.0;                       // which the value is |d|^3 / max; true but for the largest
                CHECK(expected == doctest::Approx(slope).epsilon(0.15));
            } else {
                CHECK(expected == doctest::Approx(slope).epsilon(2e-4));
            }
            CHECK(std::abs(slope) > 1e-7);
        }
    }
}

TEST_CASE("the focal frequency gradient is that of its value with the weights held")
{
    const auto pair = test::formulaPicturesSmall();
    const at::Tensor y = pair.clean * 2 - 1;
    const at::Tensor x = (pair.worse * 2 - 1).requires_grad_(true);
    focalFrequencyDistance(x, y).sum().backward();
    // By hand: d/dx of mean(w |F(x - y) / 2|^2) with w fixed is the inverse transform of w F times 2 / (4 n).
    const at::Tensor spectrum = at::fft_fft2((x - y).detach() * 0.5, std::nullopt, {-2, -1}, "ortho");
    const at::Tensor size = spectrum.abs();
    const at::Tensor weighted = spectrum * (size / size.amax({2, 3}, true));
    const at::Tensor expected =
        at::real(at::fft_ifft2(weighted, std::nullopt, {-2, -1}, "ortho")) / static_cast<double>(x.numel());
    CHECK(((x.grad() - expected).abs().max() / expected.abs().max()).item<double>() < 1e-9);
}

TEST_CASE("texture losses and their gradients are finite on constant and on equal pictures")
{
    for (const char* name : kNames) {
        CAPTURE(name);
        for (const double level : {-1.0, 0.0, 0.4}) {
            const at::Tensor target = at::full({1, 3, 1, 17, 9}, level, at::kFloat);
            const auto loss = makeLoss(parseLosses(name), {target, {}, {}, {}});
            for (const double own : {level, 0.9}) {
                const LossPart part = loss->evaluate(at::full_like(target, own), {0, 1});
                CHECK_FALSE(part.fault);
                CHECK((own != level || std::abs(part.value()) < 1e-9));
            }
        }
    }
    CHECK_THROWS_WITH_AS(makeLoss(parseLosses("census"), {at::zeros({1, 3, 1, 6, 9}), {}, {}, {}}),
        doctest::Contains("7"), base::Error);
}

TEST_CASE("census is blind to brightness, the others see it only as a smooth change")
{
    const auto pair = test::formulaPicturesSmall();
    const at::Tensor darker = pair.clean * 0.98, shifted = pair.clean - 0.05;
    const auto value = [&](const char* name, const at::Tensor& other) {
        return valueOf(*makeLoss(parseLosses(name), {clipOf(pair.clean), {}, {}, {}}), clipOf(other));
    };
    CHECK(value("census", shifted) < 1e-12);
    CHECK(value("wavelet", shifted) < 1e-12);
    CHECK(value("focal-frequency", shifted) > 1e-4);
    CHECK(value("census", darker) > value("census", shifted));
}

TEST_CASE("NIQE equals the public implementation, and is finite without texture")
{
    const auto niqe = loadNiqe(test::sourceFolder() / "resources/perceptual/niqe.safetensors");
    const auto pair = test::formulaPictures();
    CHECK(niqe->score(pair.worse).item<double>() == doctest::Approx(73.45348718194917).epsilon(1e-6));
    CHECK(niqe->score(pair.clean).item<double>() == doctest::Approx(1024.4558180089368).epsilon(1e-6));
    const at::Tensor both = niqe->score(at::cat({pair.worse, pair.clean}).to(at::kFloat));
    REQUIRE(both.sizes() == at::IntArrayRef{2});
    CHECK(both[1].item<double>() == doctest::Approx(1024.4558180089368).epsilon(1e-3));
    for (const double level : {0.0, 0.5, 1.0}) {
        CHECK(std::isfinite(niqe->score(at::full({1, 3, 96, 192}, level)).item<double>()));
    }
    at::Tensor half = pair.clean.clone(); // one textured block of four
    half.narrow(2, 80, 112).fill_(0.5);
    half.narrow(3, 80, 120).fill_(0.5);
    CHECK(std::isfinite(niqe->score(half).item<double>()));
    CHECK_THROWS_WITH_AS(niqe->score(at::zeros({1, 3, 95, 400})), doctest::Contains("96"), base::Error);
    CHECK(scoreByName("niqe").load(at::kFloat)(pair.clean, pair.worse).item<double>() ==
          doctest::Approx(73.45348718194917).epsilon(1e-6));
}
