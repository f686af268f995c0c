#include "core/diffusion/schedule.h"

#include <cmath>
#include <numbers>
#include <string>

#include "core/base/error.h"

namespace reelmend::diffusion {

double shifted(double sigma, double shift)
{
    return shift * sigma / (1 + (shift - 1) * sigma);
}

FlowSchedule flowSchedule(const FlowSettings& s)
{
    if (s.steps < 1 || s.trainTimesteps < 1 || !(s.shift > 0)) {
        throw base::Error(base::ErrorKind::kUsage, "This noise schedule cannot be made.",
            "It needs at least one step and a shift above 0; asked were " + std::to_string(s.steps) +
                " steps, shift " + std::to_string(s.shift) + ".",
            {});
    }
    FlowSchedule schedule;
    const double first = s.grid == FlowGrid::kWan ? 1.0 - 1.0 / s.trainTimesteps : 1.0;
    const double last = s.grid == FlowGrid::kDiffusers ? 1.0 / s.trainTimesteps : 0.0;
    for (int i = 0; i < s.steps; ++i) {
        double sigma = shifted(first + (last - first) * i / s.steps, s.shift);
        if (i == 0 && s.grid == FlowGrid::kDiffusers) {
            sigma -= 1e-6;
        }
        schedule.sigmas.push_back(sigma);
        const double timestep = sigma * s.trainTimesteps;
        schedule.timesteps.push_back(s.wholeTimesteps ? std::floor(timestep) : timestep);
    }
    schedule.sigmas.push_back(0);
    return schedule;
}

double VarianceSchedule::alphaBar(std::int64_t timestep) const
{
    return timestep < 0 ? 1.0 : alphaBars.at(static_cast<std::size_t>(timestep));
}

VarianceSchedule cogVideoSchedule(const CogVideoSettings& s)
{
    VarianceSchedule schedule;
    double product = 1;
    for (int t = 0; t < s.trainTimesteps; ++t) {
        const double place = s.trainTimesteps > 1 ? static_cast<double>(t) / (s.trainTimesteps - 1) : 0.0;
        const double root = std::sqrt(s.betaStart) + (std::sqrt(s.betaEnd) - std::sqrt(s.betaStart)) * place;
        product *= 1 - root * root;
        schedule.alphaBars.push_back(product / (s.snrShift + (1 - s.snrShift) * product));
    }
    if (s.zeroTerminalSnr) { // Lin et al. 2023, "Common diffusion noise schedules and sample steps are flawed", alg.
                             // 1
        const double first = std::sqrt(schedule.alphaBars.front()), last = std::sqrt(schedule.alphaBars.back());
        for (double& alphaBar : schedule.alphaBars) {
            const double root = (std::sqrt(alphaBar) - last) * first / (first - last);
            alphaBar = root * root;
        }
    }
    return schedule;
}

std::vector<std::int64_t> trailingTimesteps(int steps, int trainTimesteps)
{
    if (steps < 1 || steps > trainTimesteps) {
        throw base::Error(base::ErrorKind::kUsage, "The number of sampling steps cannot be used.",
            "It must lie between 1 and " + std::to_string(trainTimesteps) + ", not " + std::to_string(steps) + ".",
            {});
    }
    std::vector<std::int64_t> timesteps;
    const double ratio = static_cast<double>(trainTimesteps) / steps;
    for (int i = 0; i < steps; ++i) {
        timesteps.push_back(static_cast<std::int64_t>(std::nearbyint(trainTimesteps - i * ratio)) - 1);
    }
    return timesteps;
}

double dynamicGuidance(double scale, int steps, double timestep)
{
    return 1 + scale * (1 - std::cos(std::numbers::pi * std::pow((steps - timestep) / steps, 5.0))) / 2;
}

} // namespace reelmend::diffusion
