#include "core/plan/influence.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "core/base/error.h"

namespace reelmend::plan {

double InfluenceFit::at(double distance) const
{
    return c * std::exp(-alpha * distance);
}

std::optional<InfluenceFit> fitInfluence(const std::vector<double>& influence, int firstDistance)
{
    double n = 0, sumX = 0, sumY = 0, sumXx = 0, sumXy = 0;
    for (std::size_t k = static_cast<std::size_t>(std::max(firstDistance, 0)); k < influence.size(); ++k) {
        if (!(influence[k] > 0) || !std::isfinite(influence[k])) {
            continue;
        }
        const auto x = static_cast<double>(k);
        const double y = std::log(influence[k]);
        n += 1;
        sumX += x;
        sumY += y;
        sumXx += x * x;
        sumXy += x * y;
    }
    if (n < 2) {
        return std::nullopt;
    }
    const double slope = (n * sumXy - sumX * sumY) / (n * sumXx - sumX * sumX);
    return InfluenceFit{std::exp((sumY - slope * sumX) / n), -slope, firstDistance, static_cast<int>(n)};
}

std::optional<int> suggestedDistance(const InfluenceFit& fit, double tolerance)
{
    if (!fit.decays() || !(tolerance > 0)) {
        return std::nullopt;
    }
    const double distance = std::ceil(std::log(fit.c / tolerance) / fit.alpha - 1e-9);
    return static_cast<int>(std::clamp(distance, 0.0, 1e6));
}

double relativeBias(
    const std::vector<double>& influence, const std::vector<double>& sums, const InfluenceFit& fit, int distance)
{
    constexpr double kUnknown = std::numeric_limits<double>::infinity();
    const auto measured = static_cast<int>(std::min(influence.size(), sums.size()));
    if (!fit.decays() || measured == 0 || distance < 0) {
        return kUnknown;
    }
    // Everything beyond `from`: what was measured, then the geometric tail of the fit.
    const auto beyond = [&](int from) {
        double sum = 0;
        for (int k = from + 1; k < measured; ++k) {
            sum += influence[static_cast<std::size_t>(k)];
        }
        return sum + fit.at(std::max(from + 1, measured)) / (1 - std::exp(-fit.alpha));
    };
    double lower = 0;
    for (int k = 0; k < measured; ++k) {
        lower = std::max(lower, sums[static_cast<std::size_t>(k)] - beyond(k));
    }
    return lower > 0 ? beyond(distance) / lower : kUnknown;
}

std::optional<int> distanceForBias(const std::vector<double>& influence, const std::vector<double>& sums,
    const InfluenceFit& fit, double tolerance, int maximum)
{
    for (int distance = 0; distance <= maximum; ++distance) {
        if (relativeBias(influence, sums, fit, distance) <= tolerance) {
            return distance;
        }
    }
    return std::nullopt;
}

int DistanceSchedule::at(int step, std::optional<int> measured) const
{
    switch (kind) {
    case Kind::kFixed:
        return first;
    case Kind::kGrowing: {
        const int values = std::abs(last - first) + 1;
        const int passed = steps > 0 ? static_cast<int>(static_cast<long long>(step) * values / steps) : values;
        const int grown = std::clamp(passed, 0, values - 1);
        return last >= first ? first + grown : first - grown;
    }
    case Kind::kAdaptive:
        return measured ? std::clamp(*measured, first, last) : first;
    }
    return first;
}

DistanceSchedule parseDistanceSchedule(std::string_view text)
{
    const std::string whole(text);
    constexpr int kMost = 1000;
    DistanceSchedule schedule;
    int used = 0;
    const auto isAll = [&] { return used == static_cast<int>(whole.size()); };
    const auto inRange = [&] {
        return schedule.first >= 0 && schedule.first <= kMost && schedule.last >= 0 && schedule.last <= kMost;
    };
    if (std::sscanf(whole.c_str(), "%d%n", &schedule.first, &used) == 1 && isAll()) {
        schedule.last = schedule.first;
        if (inRange()) {
            return schedule;
        }
    }
    used = 0;
    if (std::sscanf(whole.c_str(), "%d..%d@%d%n", &schedule.first, &schedule.last, &schedule.steps, &used) == 3 &&
        isAll() && inRange() && schedule.steps > 0) {
        schedule.kind = DistanceSchedule::Kind::kGrowing;
        return schedule;
    }
    schedule = {DistanceSchedule::Kind::kAdaptive, 0, 4, 0, 0.1, 200};
    if (whole == "adaptive") {
        return schedule;
    }
    used = 0;
    if (std::sscanf(whole.c_str(), "adaptive:%d..%d@%d,%lf%n", &schedule.first, &schedule.last, &schedule.probeEvery,
            &schedule.tolerance, &used) == 4 &&
        isAll() && inRange() && schedule.first <= schedule.last && schedule.probeEvery > 0 &&
        schedule.tolerance > 0 && std::isfinite(schedule.tolerance)) {
        return schedule;
    }
    throw base::Error(base::ErrorKind::kUsage, "The truncation distance \"" + whole + "\" is not understood.",
        "It is a number, or a course of numbers over the training.",
        "Write 1, or 0..2@600 to grow over 600 steps, or adaptive, or adaptive:0..4@200,0.1.");
}

std::string distanceScheduleText(const DistanceSchedule& schedule)
{
    const std::string range = std::to_string(schedule.first) + ".." + std::to_string(schedule.last) + "@";
    switch (schedule.kind) {
    case DistanceSchedule::Kind::kFixed:
        return std::to_string(schedule.first);
    case DistanceSchedule::Kind::kGrowing:
        return range + std::to_string(schedule.steps);
    case DistanceSchedule::Kind::kAdaptive: {
        char tolerance[32];
        std::snprintf(tolerance, sizeof tolerance, "%g", schedule.tolerance);
        return "adaptive:" + range + std::to_string(schedule.probeEvery) + "," + tolerance;
    }
    }
    return {};
}

} // namespace reelmend::plan
