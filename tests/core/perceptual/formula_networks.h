#pragma once
#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "core/perceptual/feature_distances.h"

// The pictures and networks of tools/reference/loss_values.py, made by the same formulas: nothing has to be stored.
namespace reelmend::test {

struct FormulaPair {
    at::Tensor clean, worse; // [1, 3, height, width] in [0, 1], double
};
FormulaPair formulaPictures();      // 192 x 200
FormulaPair formulaPicturesSmall(); // 48 x 51 of them

std::shared_ptr<perceptual::FeatureNetwork> formulaTrunk(perceptual::Trunk trunk);
std::vector<at::Tensor> formulaHeads(const perceptual::FeatureNetwork& trunk);
struct FormulaDists {
    at::Tensor alpha, beta; // [1, 1475, 1, 1]
};
FormulaDists formulaDists();

} // namespace reelmend::test
