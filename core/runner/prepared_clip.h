#pragma once
#include <memory>
#include <optional>

#include "core/video/source.h"

namespace reelmend::runner {

// How a clip is taken before anything is made of it, where the result could not say what the source says.
struct Preparation {
    int turnDegrees = 0; // clockwise: 0, 90, 180 or 270; samples are turned, as the result's file holds no such tag
    std::optional<video::ColourTags>
        colour; // what untagged samples are taken to mean, and said to mean in the result

    bool isNone() const { return turnDegrees == 0 && !colour; }
};

// The header of the prepared clip: size, pixel aspect, rotation and tags.
video::ClipInfo prepared(video::ClipInfo info, const Preparation& preparation);

// The same clip and mask, prepared. Any order of access is right. Formats whose colour samples lie farther apart one
// way than the other are resampled when they are turned sideways.
std::unique_ptr<video::FrameSource> prepared(
    std::unique_ptr<video::FrameSource> source, const Preparation& preparation);
std::unique_ptr<video::MaskSource> prepared(
    std::unique_ptr<video::MaskSource> source, const Preparation& preparation);

} // namespace reelmend::runner
