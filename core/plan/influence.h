#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How fast the influence of earlier groups on a group's loss decays, as numbers, and which truncation distance D
// follows from it. Measured by chopgrad::measureInfluence; arithmetic only here.
namespace reelmend::plan {

// C exp(-alpha k), the influence at a distance of k hand-offs (ChopGrad eq. 3).
struct InfluenceFit {
    double c = 0, alpha = 0;
    int firstDistance = 0, points = 0; // of the measured distances that were fitted

    bool decays() const { return alpha > 0; }
    double at(double distance) const;
    bool operator==(const InfluenceFit&) const = default;
};

// Least squares of log(influence[k]) over k >= firstDistance; distances without influence (0, or not finite) are left
// out. None with fewer than two points.
std::optional<InfluenceFit> fitInfluence(const std::vector<double>& influence, int firstDistance = 0);

// The smallest D whose bound C exp(-alpha D) is at most `tolerance`: D >= ln(C / tolerance) / alpha (ChopGrad 3.2).
// None where the influence does not decay: then only the exact gradient will do.
std::optional<int> suggestedDistance(const InfluenceFit& fit, double tolerance);

// Relative bias of the gradient of truncation distance D by Aicher, Foti and Fox (UAI 2019): the norms beyond D,
// those beyond the measured distances by the fit, over a lower bound of the gradient's norm. `influence[k]`: mean
// norm of what a loss sends k hand-offs back; `sums[k]`: norm of the gradient of truncation distance k. Infinite
// where nothing can be said.
double relativeBias(
    const std::vector<double>& influence, const std::vector<double>& sums, const InfluenceFit& fit, int distance);
// The smallest D with a bias of at most `tolerance` up to `maximum`; none where there is none.
std::optional<int> distanceForBias(const std::vector<double>& influence, const std::vector<double>& sums,
    const InfluenceFit& fit, double tolerance, int maximum);

// D over a training.
struct DistanceSchedule {
    enum class Kind {
        kFixed,
        kGrowing,  // from `first` to `last`, in equal stretches over `steps` steps
        kAdaptive, // by measured decay, every `probeEvery` steps: relativeBias() <= tolerance, between first and last
    };
    Kind kind = Kind::kFixed;
    int first = 1, last = 1;
    int steps = 0;
    double tolerance = 0.1;
    int probeEvery = 200;

    bool operator==(const DistanceSchedule&) const = default;

    // D of a step (from 0). Adaptive: what was `measured` last, kept within first and last; `first` before.
    int at(int step, std::optional<int> measured = std::nullopt) const;
    // Whether to measure the influence before this step.
    bool probesAt(int step) const { return kind == Kind::kAdaptive && step % probeEvery == 0; }
};

// "1", "0..2@600" (grows over 600 steps), "adaptive", "adaptive:0..4@200,0.1" (within 0 and 4, measured every 200
// steps, tolerance 0.1). Throws base::Error(kUsage).
DistanceSchedule parseDistanceSchedule(std::string_view text);
std::string distanceScheduleText(const DistanceSchedule& schedule);

} // namespace reelmend::plan
