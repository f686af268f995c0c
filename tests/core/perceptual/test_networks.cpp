#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/safetensors.h"
#include "core/perceptual/loss_networks.h"
#include "core/perceptual/losses.h"
#include "core/perceptual/network_files.h"
#include "core/perceptual/score_table.h"
#include "tests/core/perceptual/formula_networks.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::perceptual;

namespace {

at::Tensor signedRange(const at::Tensor& unit)
{
    return unit * 2 - 1;
}

template <class Network> PictureDistance distanceOf(std::shared_ptr<Network> network)
{
    return [network](const at::Tensor& x, const at::Tensor& y) { return network->distance(x, y); };
}

// All distances of networks, with formula weights; made once, since VGG-16 has 15 million.
const std::map<LossKind, PictureDistance>& distances()
{
    static const auto all = [] {
        const auto alex = test::formulaTrunk(Trunk::kAlexNet), vgg = test::formulaTrunk(Trunk::kVgg16);
        const auto weights = test::formulaDists();
        return std::map<LossKind, PictureDistance>{
            {LossKind::kLpipsAlex, distanceOf(std::make_shared<DeepLpips>(alex, test::formulaHeads(*alex)))},
            {LossKind::kLpipsVgg, distanceOf(std::make_shared<DeepLpips>(vgg, test::formulaHeads(*vgg)))},
            {LossKind::kDists, distanceOf(std::make_shared<Dists>(vgg, weights.alpha, weights.beta))},
            {LossKind::kGram, distanceOf(std::make_shared<GramDistance>(vgg))}};
    }();
    return all;
}

const std::map<std::string, double> kExpected = { // tools/reference/loss_values.py
    {"lpips-alex", 0.004450578410829435}, {"lpips-vgg", 0.0076753104663466985}, {"dists", 0.03908175720039231},
    {"gram", 0.0002687017483542803}};

// Names a folder of networks to the code under test, and takes that back.
class NamedFolder {
public:
    explicit NamedFolder(const std::filesystem::path& folder)
    {
        ::setenv("REELMEND_PERCEPTUAL_DIR", folder.c_str(), 1);
    }
    ~NamedFolder() { ::unsetenv("REELMEND_PERCEPTUAL_DIR"); }
};

models::NamedTensors stored(FeatureNetwork& network)
{
    models::NamedTensors tensors;
    network.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        tensors.emplace_back(name, tensor.to(at::kFloat));
    });
    return tensors;
}

} // namespace

TEST_CASE("distances of networks equal the public implementations")
{
    const auto pair = test::formulaPicturesSmall();
    for (const auto& [name, expected] : kExpected) {
        CAPTURE(name);
        const LossKind kind = parseLosses(name).front().kind;
        const double value = distances().at(kind)(signedRange(pair.worse), signedRange(pair.clean)).item<double>();
        // LPIPS: for training the epsilon stands inside the root.
        CHECK(value == doctest::Approx(expected).epsilon(name.starts_with("lpips") ? 1e-5 : 1e-9));
    }
    const auto alex = test::formulaTrunk(Trunk::kAlexNet);
    const DeepLpips exact(alex, test::formulaHeads(*alex));
    CHECK(exact.distance(signedRange(pair.clean), signedRange(pair.worse), true).item<double>() ==
          doctest::Approx(kExpected.at("lpips-alex")).epsilon(1e-9));
}

TEST_CASE("gradients of network losses are those of finite differences, and finite on constant pictures")
{
    const auto pair = test::formulaPicturesSmall();
    const auto clip = [](const at::Tensor& unit) {
        return signedRange(unit.narrow(2, 0, 33).narrow(3, 0, 35)).unsqueeze(2).contiguous();
    };
    LossOptions options;
    options.distances = distances();
    at::manual_seed(3);
    for (const auto& [name, expected] : kExpected) {
        CAPTURE(name);
        const at::Tensor target = clip(pair.clean), frames = clip(pair.worse);
        const auto loss = makeLoss(parseLosses(name), {target, {}, {}, {}}, options);
        const at::Tensor gradient = loss->evaluate(frames, {0, 1}).gradient;
        const at::Tensor direction = at::randn_like(frames);
        constexpr double kStep = 1e-6;
        const auto at = [&](double step) { return loss->evaluate(frames + step * direction, {0, 1}).value(); };
        const double slope = (at(kStep) - at(-kStep)) / (2 * kStep);
        CHECK((gradient * direction).sum().item<double>() == doctest::Approx(slope).epsilon(2e-4));
        CHECK(std::abs(slope) > 1e-9);
        for (const double level : {-1.0, 0.0, 0.7}) {
            const auto flat = makeLoss(parseLosses(name), {at::full_like(target, level), {}, {}, {}}, options);
            for (const double own : {level, 0.4}) {
                const LossPart part = flat->evaluate(at::full_like(frames, own), {0, 1});
                CHECK(std::isfinite(part.value()));
                CHECK_FALSE(part.fault);
                CHECK((own != level || std::abs(part.value()) < 1e-9));
            }
        }
    }
    const at::Tensor small = at::zeros({1, 3, 1, 31, 40}, at::kDouble);
    CHECK_THROWS_WITH_AS(
        makeLoss(parseLosses("dists"), {small, {}, {}, {}}, options), doctest::Contains("32"), base::Error);
    CHECK_THROWS_WITH_AS(
        makeLoss(parseLosses("gram"), {clip(pair.clean), {}, {}, {}}), doctest::Contains("not loaded"), base::Error);
}

TEST_CASE("networks come from the user's folder, under the names they are published with")
{
    const test::TemporaryFolder folder;
    const NamedFolder named(folder.path());
    const auto problem = [](const std::string& name) {
        LossOptions options;
        try {
            loadLossNetworks(parseLosses(name), at::kFloat, options);
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::ErrorKind::kUnavailable);
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK(problem("lpips").empty()); // comes with the program
    CHECK(problem("mse+focal-frequency+wavelet+census").empty());
    CHECK(problem("lpips-alex").find("alexnet") != std::string::npos);
    CHECK(problem("lpips-vgg").find("vgg16") != std::string::npos);
    CHECK(problem("gram").find("vgg16") != std::string::npos);

    const auto alex = test::formulaTrunk(Trunk::kAlexNet);
    models::NamedTensors trunk = stored(*alex);
    trunk.emplace_back("classifier.1.weight", at::zeros({2, 2})); // torchvision's files hold it too
    models::writeSafetensors(folder / "alexnet-owt-7be5be79.safetensors", trunk);
    CHECK(problem("lpips-alex").find("v0.1_alex") != std::string::npos);
    std::filesystem::create_directories(folder / "lpips_heads");
    models::NamedTensors heads;
    const auto values = test::formulaHeads(*alex);
    for (std::size_t i = 0; i < values.size(); ++i) {
        heads.emplace_back("lin" + std::to_string(i) + ".model.1.weight", values[i].to(at::kFloat));
    }
    models::writeSafetensors(folder / "lpips_heads/v0.1_alex.safetensors", heads);
    CHECK(problem("lpips-alex").empty());

    const auto pair = test::formulaPicturesSmall();
    const LoadedScore score = scoreByName("lpips-alex").load(at::kFloat);
    CHECK(score(pair.clean.to(at::kFloat), pair.worse.to(at::kFloat)).item<double>() ==
          doctest::Approx(kExpected.at("lpips-alex")).epsilon(1e-4));
    CHECK_THROWS_AS(score(at::zeros({1, 3, 16, 64}), at::zeros({1, 3, 16, 64})), base::Error);
    CHECK_THROWS_AS(scoreByName("dists").load(at::kFloat), base::Error);
}

TEST_CASE("LPIPS's published heads are read from their own files")
{
    const auto shared = test::sharedFolder();
    if (!shared) {
        MESSAGE("skipped: ../shared/weights is not here");
        return;
    }
    const test::TemporaryFolder folder;
    const NamedFolder named(folder.path());
    for (const char* kind : {"alex", "vgg"}) {
        const std::string name = std::string("v0.1_") + kind + ".pth";
        std::filesystem::copy_file(*shared / "weights/lpips_heads" / name, folder / name);
    }
    std::filesystem::copy_file(*shared / "weights/dists/weights.pt", folder / "weights.pt");
    const auto alex = test::formulaTrunk(Trunk::kAlexNet), vgg = test::formulaTrunk(Trunk::kVgg16);
    models::writeSafetensors(folder / "alexnet.safetensors", stored(*alex));
    models::writeSafetensors(folder / "vgg16.safetensors", stored(*vgg));
    const auto pair = test::formulaPicturesSmall();
    for (const char* name : {"lpips-alex", "lpips-vgg", "dists"}) {
        CAPTURE(name);
        const LoadedScore score = scoreByName(name).load(at::kFloat);
        const at::Tensor a = pair.clean.to(at::kFloat), b = pair.worse.to(at::kFloat);
        CHECK(score(a, b).item<double>() > 1e-4);
        CHECK(std::abs(score(a, a).item<double>()) < 1e-6);
    }
}
