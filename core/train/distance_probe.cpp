#include "core/train/distance_probe.h"

#include <vector>

#include "core/chopgrad/measure_influence.h"

namespace reelmend::train {

std::optional<int> probedDistance(models::CausalDecoder& decoder, const chopgrad::ClipLatents& clip,
    const perceptual::FrameLoss& loss, const plan::DistanceSchedule& schedule, const base::Control* control)
{
    constexpr int kBeyond = 2; // distances that are looked at beyond the largest, for the tail
    if (decoder.groups(clip.latents.size(2)).size() < 2) {
        return std::nullopt;
    }
    chopgrad::InfluenceOptions options;
    options.distances = schedule.last + kBeyond;
    options.sweep.control = control;
    const chopgrad::InfluenceMeasure measure = chopgrad::measureInfluence(decoder, clip, loss, options);
    const auto fit = plan::fitInfluence(measure.norms);
    if (!fit) {
        return schedule.last;
    }
    std::vector<double> sums;
    for (const chopgrad::TruncationError& error : measure.latents) {
        sums.push_back(error.norm);
    }
    return plan::distanceForBias(measure.norms, sums, *fit, schedule.tolerance, schedule.last)
        .value_or(schedule.last);
}

} // namespace reelmend::train
