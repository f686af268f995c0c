#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "core/video/source.h"

namespace reelmend::classical {

struct SampleSettings {
    int width = 640;
    int height = 360;
    std::uint64_t seed = 1;
};

// Five seconds of footage that the program paints itself, 24 fps, yuv420p BT.709: dusk at a lake, a sailing boat
// passes behind reeds and a wooden sign, handheld; then a cut to the sign close by. Every frame depends on its index,
// the size and the seed alone. Paints on two threads. Throws Error(kUsage) for a size outside 64x36 to 4096x2304.
std::unique_ptr<video::FrameSource> makeSampleScene(const SampleSettings& settings);

inline constexpr int kSampleSoundRate = 48'000;
// The sound that goes with it: wind, water and a bird, quiet. Two channels interleaved, in [-1, 1], `seconds` long.
std::vector<float> makeSampleSound(double seconds, std::uint64_t seed = 1);

} // namespace reelmend::classical
