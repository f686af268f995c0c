#pragma once
#include <filesystem>
#include <vector>

#include "core/base/control.h"

namespace reelmend::media {

struct Sound {
    std::vector<float> samples; // interleaved, nominal [-1, 1]
    int channels = 2;
    int rate = 48'000; // per second and channel
};

// The pictures of a finished file, copied, with a sound track beside them: Opus in .webm, AAC elsewhere. Written as
// PartFile. Throws Error(kInput) where `pictures` has none, Error(kUnavailable) where this FFmpeg lacks the encoder,
// Error(kOutput or kDiskFull), and Cancelled.
void addSound(const std::filesystem::path& pictures, const Sound& sound, const std::filesystem::path& output,
    const base::Control* control = nullptr);

} // namespace reelmend::media
