#pragma once
#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <string>

namespace reelmend::test {

using Gradients = std::map<std::string, at::Tensor>; // by the parameter's name

// |a - b| relative to |b|, over all parameters of b.
inline double distanceOf(const Gradients& a, const Gradients& b)
{
    double difference = 0, size = 0;
    for (const auto& [name, tensor] : b) {
        difference += (a.at(name) - tensor).square().sum().item<double>();
        size += tensor.square().sum().item<double>();
    }
    return std::sqrt(difference / size);
}

} // namespace reelmend::test
