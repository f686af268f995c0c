#pragma once
#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "core/models/parameters.h"
#include "tests/support/test_support.h"

// What comparing a network with the public implementation's fixtures needs.
namespace reelmend::test {

inline std::filesystem::path modelFixture(const char* name)
{
    return sourceFolder() / "tests" / "fixtures" / "models" / name;
}

// Largest absolute difference over the largest absolute value of the expectation.
inline double relativeError(const at::Tensor& got, const at::Tensor& expected)
{
    REQUIRE(got.sizes() == expected.sizes());
    const at::Tensor wide = expected.to(at::kDouble);
    return ((got.to(at::kDouble) - wide).abs().max() / wide.abs().max()).item<double>();
}

template <class Network> std::unique_ptr<Network> randomised(std::unique_ptr<Network> network, at::ScalarType dtype)
{
    models::initialiseRandomly([&](const models::ParameterVisitor& visitor) { network->visit(visitor); }, 7, dtype);
    return network;
}

} // namespace reelmend::test
