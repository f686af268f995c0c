#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "core/base/control.h"
#include "core/base/time.h"
#include "core/video/source.h"

namespace reelmend::vision {

// What of a frame is kept to tell shots apart: a small picture.
struct ShotSample {
    video::Image8 grey;           // longer side at most 160
    std::vector<float> histogram; // of colour, sums to 1
};
ShotSample shotSample(const video::Frame& frame);

// How much the content differs, 0 = the same scene, 1 = another. Structure counts most (the share of textured blocks
// that are not found again along optical flow, whatever the brightness), colour little except where there is no
// texture, so that flashes, fades, explosions and fast motion are not taken for cuts.
double contentChange(const ShotSample& a, const ShotSample& b);

// Hard cuts of a clip, decided for every frame from the two before it and the two after, so that the answer does not
// depend on where reading began. Keeps a few small pictures; the source must outlive it. Not thread-safe.
class CutFinder {
public:
    explicit CutFinder(video::FrameSource& source)
        : source_(source)
    {}

    // True where frame `index` is the first of a shot. Frame 0 always is.
    bool isCut(std::int64_t index);

private:
    const ShotSample& sample(std::int64_t index);
    double change(std::int64_t a, std::int64_t b);

    video::FrameSource& source_;
    std::map<std::int64_t, ShotSample> samples_;
    std::map<std::pair<std::int64_t, std::int64_t>, double> changes_;
    std::map<std::int64_t, bool> decided_;
};

// First frames of the shots in `range` (range.begin is always the first). Throws what the source throws, Cancelled.
// `progress`, where given, is told how many frames are done.
std::vector<std::int64_t> findCuts(video::FrameSource& source, base::FrameRange range, const base::Control& control,
    const std::function<void(std::int64_t)>& progress = {});

} // namespace reelmend::vision
