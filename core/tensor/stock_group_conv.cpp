#include <ATen/ATen.h>

#include "core/tensor/group_ops.h"

namespace reelmend::tensor::stock {

namespace {

constexpr std::int64_t kHistory = 2;

// The latent at x's size, as diffusers resizes it.
at::Tensor resized(const at::Tensor& latent, const at::Tensor& x)
{
    const auto to = [&](const at::Tensor& z, std::int64_t frames) {
        return at::upsample_nearest3d(z, {frames, x.size(3), x.size(4)});
    };
    if (x.size(2) > 1 && x.size(2) % 2 == 1) {
        return at::cat(
            {to(latent.narrow(2, 0, 1), 1), to(latent.narrow(2, 1, latent.size(2) - 1), x.size(2) - 1)}, 2);
    }
    return to(latent, x.size(2));
}

} // namespace

CausalConvStep groupCausalConv(const at::Tensor& x, const GroupNorm* norm, const at::Tensor& history,
    const at::Tensor& weight, const at::Tensor& bias)
{
    at::Tensor y = x;
    if (norm) {
        y = at::group_norm(x, norm->groups, norm->weight, norm->bias, norm->epsilon);
        if (norm->latent.defined()) {
            const at::Tensor z = resized(norm->latent, x);
            y = y * at::conv3d(z, norm->scaleWeight, norm->scaleBias) +
                at::conv3d(z, norm->shiftWeight, norm->shiftBias);
        }
        y = at::silu(y);
    }
    const at::Tensor past = history.defined() ? history : y.narrow(2, 0, 1).expand({-1, -1, kHistory, -1, -1});
    const at::Tensor joined = at::cat({past, y}, 2);
    CausalConvStep step;
    step.tail = joined.narrow(2, joined.size(2) - kHistory, kHistory).clone();
    step.output = at::conv3d(joined, weight, bias, {1, 1, 1}, {0, weight.size(3) / 2, weight.size(4) / 2});
    return step;
}

} // namespace reelmend::tensor::stock
