#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/models/parameters.h"

namespace reelmend::train {

struct AdamWSettings {
    double beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8;
    double weightDecay = 0.01; // of tensors with two or more dimensions that are no FiLM table
    double filmRate = 2;       // learning rate of FiLM tables, relative
    double clip = 0.3;         // largest global gradient norm; 0 = none
    double emaDecay = 0.998;   // of the averaged weights; 0 = none are kept
};

// AdamW (Loshchilov and Hutter, 2019) over float32 master weights, with global-norm clipping and an exponential
// moving average of the weights. State is kept by parameter name.
class AdamW {
public:
    struct Entry {
        std::string name;
        at::Tensor parameter, first, second, average;
    };

    AdamW(const models::VisitFunction& visit, AdamWSettings settings);

    const AdamWSettings& settings() const { return settings_; }
    std::vector<Entry>& entries() { return entries_; }
    std::int64_t steps() const { return steps_; }
    void setSteps(std::int64_t steps) { steps_ = steps; }

    void zeroGradients();
    // The same, but every parameter has a gradient afterwards, and it stays the same tensor.
    void clearGradients();
    // Norm of all gradients together, before clipping. Not finite when any gradient is not.
    double gradientNorm() const;
    // One step with the gradients as they are; `norm` as gradientNorm() gave it.
    void step(double learningRate, double norm);

private:
    struct Group { // entries that share rate and decay
        std::vector<std::size_t> entries;
        double rate, decay;
    };

    AdamWSettings settings_;
    std::array<Group, 3> groups_;
    std::vector<Entry> entries_;
    std::int64_t steps_ = 0;
};

} // namespace reelmend::train
