#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include <map>

#include "core/base/error.h"
#include "core/perceptual/feature_distances.h"
#include "core/perceptual/texture_losses.h"
#include "core/train/batch_loss.h"
#include "core/train/pixel_loss.h"
#include "tests/core/perceptual/formula_networks.h"

using namespace reelmend;
using namespace reelmend::train;
using perceptual::LossKind;
using perceptual::PictureDistance;

// The losses of core/perceptual as terms of a training batch.

namespace {

constexpr std::int64_t kClips = 2, kFrames = 3, kSide = 32;

Batch randomBatch()
{
    at::manual_seed(21);
    Batch batch;
    batch.input = at::zeros({kClips, kFrames, 5, kSide, kSide}, at::kDouble);
    batch.target = at::rand({kClips, kFrames, 3, kSide, kSide}, at::kDouble) * 2 - 1;
    batch.weight = at::ones({kClips, kFrames, 1, kSide, kSide}, at::kDouble);
    batch.conditions.assign(kClips, 0);
    batch.details.assign(kClips, 0);
    return batch;
}

template <class Network> PictureDistance distanceOf(std::shared_ptr<Network> network)
{
    return [network](const at::Tensor& x, const at::Tensor& y) { return network->distance(x, y); };
}

// By name: the mean over pictures of what the library computes of each.
std::map<std::string, PictureDistance> allDistances()
{
    const auto alex = test::formulaTrunk(perceptual::Trunk::kAlexNet);
    const auto vgg = test::formulaTrunk(perceptual::Trunk::kVgg16);
    const auto dists = test::formulaDists();
    const double census = static_cast<double>((kSide - 6) * (kSide - 6));
    return {{"lpips-alex", distanceOf(std::make_shared<perceptual::DeepLpips>(alex, test::formulaHeads(*alex)))},
        {"lpips-vgg", distanceOf(std::make_shared<perceptual::DeepLpips>(vgg, test::formulaHeads(*vgg)))},
        {"dists", distanceOf(std::make_shared<perceptual::Dists>(vgg, dists.alpha, dists.beta))},
        {"gram", distanceOf(std::make_shared<perceptual::GramDistance>(vgg))},
        {"focal-frequency", perceptual::focalFrequencyDistance}, {"wavelet", perceptual::waveletDistance},
        {"census", [census](const at::Tensor& x, const at::Tensor& y) {
             return perceptual::censusError(x, y, {}) / census;
         }}};
}

LossWeights weightsOf(const std::string& terms, const std::map<std::string, PictureDistance>& distances)
{
    LossWeights losses;
    losses.charbonnier = losses.frameDifference = losses.perceptual = 0;
    losses.more = perceptual::parseLosses(terms);
    for (const perceptual::LossTerm& term : losses.more) {
        const auto found = distances.find(std::string(perceptual::lossName(term.kind)));
        if (found != distances.end()) {
            losses.networks.distances[term.kind] = found->second;
        }
    }
    return losses;
}

double apart(const at::Tensor& got, const at::Tensor& expected)
{
    return ((got - expected).norm() / expected.norm()).item<double>();
}

} // namespace

TEST_CASE("each loss by name brings its own gradient into a batch's, over pixels and over a decoder's frames")
{
    const Batch batch = randomBatch();
    const auto distances = allDistances();
    const at::Tensor start = batch.target + at::randn(batch.target.sizes(), at::kDouble) * 0.2;
    for (const auto& [name, distance] : distances) {
        CAPTURE(name);
        const at::Tensor x = start.clone().requires_grad_(true);
        const at::Tensor direct = distance(x.flatten(0, 1), batch.target.flatten(0, 1)).mean() * 0.5;
        const at::Tensor expected = torch::autograd::grad({direct}, {x})[0];
        REQUIRE(expected.norm().item<double>() > 0);

        const LossWeights losses = weightsOf("0.5*" + name, distances);
        LossTerms terms;
        const at::Tensor result = start.clone().requires_grad_(true);
        const at::Tensor loss = pixelLoss(result, batch, losses, nullptr, 1, terms);
        CHECK(loss.item<double>() == doctest::Approx(direct.item<double>()).epsilon(1e-9));
        REQUIRE(terms.named.size() == 1);
        CHECK(terms.named.begin()->first == name);
        CHECK(terms.named.begin()->second * 0.5 == doctest::Approx(direct.item<double>()).epsilon(1e-9));
        CHECK(apart(torch::autograd::grad({loss}, {result})[0], expected) < 1e-9);

        LossTerms others;
        const BatchLoss swept(batch, losses, nullptr, 1, others);
        const auto part = swept.evaluate(start.transpose(1, 2).contiguous(), {0, kFrames});
        CHECK(apart(part.gradient.transpose(1, 2), expected) < 1e-9);
    }
}

TEST_CASE("terms by name add to the others")
{
    const Batch batch = randomBatch();
    const at::Tensor x = batch.target + 0.1;
    LossTerms terms;
    const auto valueOf = [&](const LossWeights& losses) {
        return pixelLoss(x, batch, losses, nullptr, 1, terms).item<double>();
    };
    LossWeights plain, both = weightsOf("census+2*ssim", {});
    both.charbonnier = plain.charbonnier;
    both.frameDifference = plain.frameDifference;
    const LossWeights census = weightsOf("census", {}), ssim = weightsOf("ssim", {});
    CHECK(valueOf(both) == doctest::Approx(valueOf(plain) + valueOf(census) + 2 * valueOf(ssim)));
    CHECK(valueOf(ssim) > 0);
}

TEST_CASE("terms that batches cannot have are refused before the first step")
{
    const auto check = [](const std::string& terms, std::int64_t side) {
        checkMoreTerms(weightsOf(terms, {}), kFrames, side);
    };
    CHECK_NOTHROW(check("census+0.1*focal-frequency+wavelet", 32));
    CHECK_THROWS_WITH_AS(check("ms-ssim", 64), doctest::Contains("176"), base::Error);
    CHECK_THROWS_WITH_AS(check("warp", 64), doctest::Contains("flow"), base::Error);
    CHECK_THROWS_WITH_AS(check("dists", 64), doctest::Contains("network"), base::Error);
}
