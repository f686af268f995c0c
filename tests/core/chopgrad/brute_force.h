#pragma once
#include <functional>
#include <vector>

#include "core/chopgrad/group_chain.h"
#include "core/perceptual/frame_loss.h"
#include "tests/support/random_decoder.h"

// The definition of every gradient, by brute force: one connected graph of the whole clip in which each group has
// parameters of its own, and for each loss group i its gradient at everything of each group j:
// G[i][j] = (dx_i / d(inputs and parameters of group j))^T u_i.
namespace reelmend::test {

struct BruteForce {
    // [i][j]: the latent's, then the skips', then the parameters'
    std::vector<std::vector<std::vector<at::Tensor>>> g;
    at::Tensor frames;
    double loss = 0;
    std::size_t inputs = 0; // latent and skips

    // The sum over pairs (i, j) that are counted, arranged per group j for inputs, in total for parameters.
    using Counted = std::function<bool(std::int64_t loss, std::int64_t group)>;
    at::Tensor latents(const Counted& counted) const;
    at::Tensor skip(std::int64_t group, std::size_t level, const Counted& counted) const;
    at::Tensor parameter(std::size_t index, const Counted& counted) const;
};

// `clipLoss`: the scalar loss of the clip's frames [batch, 3, time, height, width], by plain operators.
BruteForce bruteForce(const RandomDecoder& decoder, const chopgrad::ClipLatents& clip,
    const std::function<at::Tensor(const at::Tensor& frames)>& clipLoss);

} // namespace reelmend::test
