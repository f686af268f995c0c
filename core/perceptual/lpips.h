#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "core/models/parameters.h"

namespace reelmend::perceptual {

// LPIPS v0.1 with the SqueezeNet 1.1 trunk: a distance between pictures that follows what people see, lower is
// closer. Frozen; the weights are resources/perceptual/lpips_squeeze_v0.1.safetensors.
class Lpips {
public:
    // Undefined tensors until visit() has filled them.
    Lpips() = default;

    // Names and shapes of the weight file.
    void visit(const models::ParameterVisitor& visitor);

    // Distance of every pair, [batch]. `a` and `b`: RGB in [-1, 1], [batch, 3, height, width], at least 32x32.
    // Differentiable with respect to both; the derivative is finite at all-zero features too (the square root's
    // epsilon is inside for training; `exact` puts it outside as the reference does, for reported scores).
    at::Tensor distance(const at::Tensor& a, const at::Tensor& b, bool exact = false) const;

    // Features of `b` once, for many distances to it: the seven taps, unit length over channels.
    std::vector<at::Tensor> features(const at::Tensor& picture, bool exact = false) const;
    at::Tensor distance(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) const;

private:
    struct Fire {
        at::Tensor squeeze, squeezeBias, expand1, expand1Bias, expand3, expand3Bias;
    };

    at::Tensor stem_, stemBias_;
    std::array<Fire, 8> fires_;
    std::array<at::Tensor, 7> heads_; // [1, channels, 1, 1], not negative
};

// The weight file's network on a device and in a precision. Throws base::Error(kInput) for a file that is not one.
std::shared_ptr<Lpips> loadLpips(const std::filesystem::path& file, const at::TensorOptions& options);

// The network as a distance for losses (see LossOptions).
std::function<at::Tensor(const at::Tensor& x, const at::Tensor& y)> lpipsDistance(
    std::shared_ptr<const Lpips> network);

} // namespace reelmend::perceptual
