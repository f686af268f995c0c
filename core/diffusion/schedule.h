#pragma once
#include <cstdint>
#include <vector>

// Noise schedules as plain numbers, all in double precision.
namespace reelmend::diffusion {

// Rectified flow: x_sigma = (1 - sigma) x0 + sigma noise, prediction v = noise - x0.
struct FlowSchedule {
    std::vector<double> sigmas;    // steps + 1, falling, the last 0
    std::vector<double> timesteps; // steps; what the network is told
};

// Where the even grid lies before it is shifted; `steps` points of it are used, the last of its steps + 1 is left
// out.
enum class FlowGrid {
    kWan,       // from 1 - 1 / trainTimesteps to 0: Wan's own code
    kDiffusers, // from 1 (less 1e-6, where log-SNR is infinite) to 1 / trainTimesteps: diffusers' UniPC
    kEven,      // from 1 to 0
};

struct FlowSettings {
    int steps = 50;
    double shift = 5.0; // Wan: 3 for 480p, 5 for 720p; moves steps towards noise
    int trainTimesteps = 1000;
    FlowGrid grid = FlowGrid::kWan;
    bool wholeTimesteps = true; // timesteps lose their fraction, as Wan's do
};
// sigma <- shift sigma / (1 + (shift - 1) sigma). Throws base::Error(kUsage) for settings out of range.
FlowSchedule flowSchedule(const FlowSettings& settings);
double shifted(double sigma, double shift);

// Variance preserving: x_t = sqrt(abar_t) x0 + sqrt(1 - abar_t) noise.
struct VarianceSchedule {
    std::vector<double> alphaBars; // by training timestep

    double alphaBar(std::int64_t timestep) const; // 1 below 0: no noise
};

struct CogVideoSettings {
    int trainTimesteps = 1000;
    double betaStart = 0.00085, betaEnd = 0.012; // scaled linear: even steps of the square root
    double snrShift = 1.0;                       // 3 for CogVideoX-2b, 1 for the 5b family and DOVE
    bool zeroTerminalSnr = true;
};
VarianceSchedule cogVideoSchedule(const CogVideoSettings& settings = {});

// "Trailing" spacing: `steps` timesteps from the last one down, each at the end of its share.
std::vector<std::int64_t> trailingTimesteps(int steps, int trainTimesteps = 1000);

// CogVideoX's guidance that grows along the way: 1 + scale (1 - cos(pi ((steps - index) / steps)^5)) / 2, for the
// step with timestep `timestep` of `steps`.
double dynamicGuidance(double scale, int steps, double timestep);

} // namespace reelmend::diffusion
