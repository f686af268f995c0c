#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>

#include "core/base/control.h"
#include "core/base/time.h"
#include "core/video/clip_info.h"

namespace reelmend::media {

// How far a scan is, 0…1. Called from the thread that asked.
using Progress = std::function<void(double fraction)>;

// Whether the scan also decodes every frame to find damaged ones. kShort: where that takes a few seconds at most
// (a thousand frames of 1280x720); what an earlier check found is known either way.
enum class DamageCheck { kNever, kShort, kAlways };

struct ProbeOptions {
    bool scan = true; // read the whole index; false = the header alone (fast, may be wrong)
    DamageCheck check = DamageCheck::kNever;
    const base::Control* control = nullptr;
    Progress progress;
    base::Rational sequenceRate{24, 1}; // numbered pictures carry no frame rate
    bool useCache = true;               // keep the scan in base::cacheFolder()
};

// What a clip is: a file, a folder of numbered pictures, a pattern "name.%04d.png", or one picture. Says what the
// header claims, what the scan found and, in words, what will be awkward. Throws Error(kInput) for what cannot be
// read, Error(kUnavailable) where this FFmpeg lacks the decoder.
video::ClipInfo probe(const std::filesystem::path& path, const ProbeOptions& options = {});

} // namespace reelmend::media
