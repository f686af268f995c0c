#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/video/frame.h"
#include "core/video/image.h"

namespace reelmend::cli {

struct ScoreName {
    std::string name, title, unit; // "psnr-y", "PSNR (Y)", "dB"
    bool isHigherBetter = true;
};

struct PairScores {
    std::vector<double> values; // in the order of names(); not a number where the mask left nothing to measure
    bool isEqual = false;       // as RGB, everywhere
};

// Measures pairs of frames with the scores of core/perceptual.
class FrameScorer {
public:
    virtual ~FrameScorer() = default;

    virtual const std::vector<ScoreName>& names() const = 0;
    // Both as RGB of the deeper one's depth (8 bits, 16 bits or float). `weight`, which may be null, is of their
    // size; white counts. Throws Error(kUsage) for different sizes, or pictures too small for a score.
    virtual PairScores score(const video::Frame& a, const video::Frame& b, const video::Mask* weight) = 0;
};

// `metrics` are names with commas. Throws Error(kUsage) for a name that there is not or that cannot be measured
// inside a mask, Error(kUnavailable) in a build without the engine.
std::unique_ptr<FrameScorer> makeFrameScorer(const std::string& metrics, bool hasMask, int threads);

} // namespace reelmend::cli
