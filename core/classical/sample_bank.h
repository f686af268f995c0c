#pragma once
#include <cstdint>

#include "core/classical/sample_scene.h"
#include "core/video/image.h"

namespace reelmend::classical {

// Directions are (u, v): to the right and up, the frame is 1 high; the horizon lies at v = 0.
struct LakeCamera {
    float u, v; // direction of the frame's centre
};
inline constexpr float kLakeSunU = -0.62F;
inline constexpr float kLakeSunV = 0.105F;

// What stands near the camera at the lake: earth, grass in several depths, reeds, the sign. It moves against the lake
// as the camera does.
class LakeBank {
public:
    LakeBank(const SampleSettings& settings, std::uint32_t seed);

    void layOver(video::ImageF& picture, const LakeCamera& camera, float t) const;

private:
    void laySign(video::ImageF& picture, const LakeCamera& camera) const;

    int width_, height_;
    std::uint32_t seed_;
    video::ImageF sign_;
};

} // namespace reelmend::classical
