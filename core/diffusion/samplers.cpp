#include "core/diffusion/samplers.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/error.h"

namespace reelmend::diffusion {

namespace {

void before(const SamplerHooks& hooks)
{
    if (hooks.control) {
        hooks.control->checkpoint();
    }
}

void after(const SamplerHooks& hooks, int step, const at::Tensor& x)
{
    if (hooks.done) {
        hooks.done(step, x);
    }
}

void check(const FlowSchedule& schedule)
{
    if (schedule.sigmas.size() < 2 || schedule.timesteps.size() + 1 != schedule.sigmas.size()) {
        throw base::Error(base::ErrorKind::kUsage, "The noise schedule has no steps or is torn.", {}, {});
    }
}

// Half the logarithm of the signal-to-noise ratio of a flow: log((1 - sigma) / sigma); infinite at sigma = 0.
double logSnr(double sigma)
{
    return std::log1p(-sigma) - std::log(sigma);
}

// Coefficients of UniPC for one interval of length h in log-SNR (data prediction: hh = -h).
struct Interval {
    double phi1;             // e^{-h} - 1, also B(h)
    std::array<double, 2> b; // right-hand side for orders 1 and 2

    explicit Interval(double h)
        : phi1(std::expm1(-h))
        , b{}
    {
        const double hh = -h;
        const double second = phi1 / hh - 1; // h phi_2 divided by hh
        const double third = second / hh - 0.5;
        b = {second / phi1, third * 2 / phi1};
    }
};

} // namespace

at::Tensor sampleEuler(const Predict& predict, at::Tensor x, const FlowSchedule& schedule, const SamplerHooks& hooks)
{
    check(schedule);
    for (std::size_t i = 0; i < schedule.timesteps.size(); ++i) {
        before(hooks);
        x = x + predict(x, schedule.timesteps[i]) * (schedule.sigmas[i + 1] - schedule.sigmas[i]);
        after(hooks, static_cast<int>(i), x);
    }
    return x;
}

at::Tensor sampleUniPc(const Predict& predict, at::Tensor x, const FlowSchedule& schedule,
    const UniPcSettings& settings, const SamplerHooks& hooks)
{
    check(schedule);
    if (settings.order < 1 || settings.order > 2) {
        throw base::Error(base::ErrorKind::kUsage, "UniPC is built for orders 1 and 2.", {}, {});
    }
    const auto& sigmas = schedule.sigmas;
    const int steps = static_cast<int>(schedule.timesteps.size());
    at::Tensor last, older, previous; // x0 of the last two evaluations, and x before the last predictor
    int lastOrder = 1;
    for (int i = 0; i < steps; ++i) {
        before(hooks);
        const at::Tensor clean = x - predict(x, schedule.timesteps[i]) * sigmas[i];
        if (settings.corrector && i > 0) { // UniC: the interval just crossed, now that its end has been evaluated
            const double from = logSnr(sigmas[i - 1]), h = logSnr(sigmas[i]) - from;
            const Interval c(h);
            at::Tensor rest = (clean - last) * 0.5;
            if (lastOrder == 2) {
                const double r = (logSnr(sigmas[i - 2]) - from) / h;
                // [1 1; r 1] rho = b
                const double rho0 = (c.b[1] - c.b[0]) / (r - 1), rho1 = c.b[0] - rho0;
                rest = (older - last) * (rho0 / r) + (clean - last) * rho1;
            }
            const double alpha = 1 - sigmas[i];
            x = previous * (sigmas[i] / sigmas[i - 1]) - last * (alpha * c.phi1) - rest * (alpha * c.phi1);
        }
        older = last;
        last = clean;
        const int left = settings.lowerOrderFinal ? steps - i : settings.order;
        lastOrder = std::min({settings.order, left, i + 1});
        previous = x;
        // UniP: on to the next sigma. At sigma 0 the interval is infinite and the step lands on x0 itself.
        if (sigmas[i + 1] <= 0) {
            x = last;
        } else {
            const double from = logSnr(sigmas[i]), h = logSnr(sigmas[i + 1]) - from;
            const double phi1 = std::expm1(-h), alpha = 1 - sigmas[i + 1];
            at::Tensor next = x * (sigmas[i + 1] / sigmas[i]) - last * (alpha * phi1);
            if (lastOrder == 2) {
                const double r = (logSnr(sigmas[i - 1]) - from) / h;
                next = next - (older - last) * (0.5 / r * alpha * phi1);
            }
            x = next;
        }
        after(hooks, i, x);
    }
    return x;
}

at::Tensor sampleDdim(const Predict& predict, at::Tensor x, const VarianceSchedule& schedule,
    const std::vector<std::int64_t>& timesteps, const SamplerHooks& hooks)
{
    for (std::size_t i = 0; i < timesteps.size(); ++i) {
        before(hooks);
        const double alphaBar = schedule.alphaBar(timesteps[i]);
        const double next = i + 1 < timesteps.size() ? schedule.alphaBar(timesteps[i + 1]) : 1.0;
        const at::Tensor v = predict(x, static_cast<double>(timesteps[i]));
        const at::Tensor clean = x * std::sqrt(alphaBar) - v * std::sqrt(1 - alphaBar);
        // The noise that x holds is kept: at zero terminal SNR this form has no 0 / 0.
        const double keep = std::sqrt((1 - next) / (1 - alphaBar));
        x = x * keep + clean * (std::sqrt(next) - std::sqrt(alphaBar) * keep);
        after(hooks, static_cast<int>(i), x);
    }
    return x;
}

} // namespace reelmend::diffusion
