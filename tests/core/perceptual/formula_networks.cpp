#include "tests/core/perceptual/formula_networks.h"

#include <cmath>
#include <string>

namespace reelmend::test {

namespace {

// Evenly spread numbers in [-bound, bound): the fractions of multiples of the golden ratio.
at::Tensor formula(at::IntArrayRef shape, double layer, double bound)
{
    constexpr double kGolden = 0.6180339887498949;
    const at::Tensor k = at::arange(c10::multiply_integers(shape), at::kDouble);
    return (at::remainder(k * kGolden + 0.37 * layer, 1.0) * 2 - 1).view(shape) * bound;
}

} // namespace

FormulaPair formulaPictures()
{
    const at::Tensor y = at::arange(192, at::kDouble).view({1, 1, 192, 1});
    const at::Tensor x = at::arange(200, at::kDouble).view({1, 1, 1, 200});
    const at::Tensor c = at::arange(3, at::kDouble).view({1, 3, 1, 1});
    const at::Tensor slow = at::sin(0.11 * x + 0.5 * c) * at::cos(0.07 * y);
    const at::Tensor fine = at::sin(0.9 * x + 1.3 * y + c);
    const at::Tensor clean = 0.5 + 0.3 * slow + 0.15 * fine;
    const at::Tensor worse =
        0.5 + 0.29 * slow + 0.06 * fine + 0.04 * at::sin(2.1 * x * (1 + 0.1 * c) - 1.7 * y) + 0.01;
    return {clean.clamp(0, 1), worse.clamp(0, 1)};
}

FormulaPair formulaPicturesSmall()
{
    const FormulaPair whole = formulaPictures();
    const auto cut = [](const at::Tensor& t) { return t.narrow(2, 20, 48).narrow(3, 30, 51).contiguous(); };
    return {cut(whole.clean), cut(whole.worse)};
}

std::shared_ptr<perceptual::FeatureNetwork> formulaTrunk(perceptual::Trunk trunk)
{
    auto network = std::make_shared<perceptual::FeatureNetwork>(trunk);
    network->visit([](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
        const double layer = std::stod(name.substr(std::string("features.").size()));
        if (shape.size() == 4) {
            const double fanIn = static_cast<double>(shape[1] * shape[2] * shape[3]);
            tensor = formula(shape, layer, std::sqrt(6.0 / fanIn));
        } else {
            tensor = formula(shape, layer + 0.5, 0.1);
        }
    });
    return network;
}

std::vector<at::Tensor> formulaHeads(const perceptual::FeatureNetwork& trunk)
{
    std::vector<at::Tensor> heads;
    for (const std::int64_t channels : trunk.channels()) {
        const at::Tensor k = at::remainder(at::arange(channels, at::kDouble), 7) + 1;
        heads.push_back((k / (7.0 * static_cast<double>(channels))).view({1, channels, 1, 1}));
    }
    return heads;
}

FormulaDists formulaDists()
{
    const at::Tensor k = at::arange(1475, at::kDouble);
    const auto weights = [&](int step) { return (at::remainder(k, step) + 1).view({1, 1475, 1, 1}); };
    return {weights(5), weights(3)};
}

} // namespace reelmend::test
