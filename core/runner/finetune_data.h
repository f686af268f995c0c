#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/control.h"
#include "core/base/log.h"

namespace reelmend::runner {

// One piece of footage to teach from, as a request names it.
struct TeachingClip {
    std::filesystem::path clean;
    std::filesystem::path degraded; // empty = the damage is made on the fly
};

struct TeachingData {
    std::vector<TeachingClip> clips;
    std::vector<std::filesystem::path> packs;
};

// What the paths of a request come to: clips, folders of clips (and of folders with numbered pictures), folders with
// "clean" and "degraded" clips of the same names, packs. Throws Error(kInput) that names what is missing or does not
// match in length or size; clips shorter than `frames` are errors too.
TeachingData findTeachingData(
    const std::vector<std::string>& paths, std::int64_t frames, const base::Control* control);

// Packs of the footage for training and for validation in `folder` (see tools/train/pack_clips.py), made once: every
// clip's frames in segments, at most `mostBytes` in all, evenly chosen. Every fifth clip is kept apart for
// validation, or the last segment of a single one. Throws Error, Cancelled.
struct PackedData {
    std::vector<std::filesystem::path> training, validation;
};
PackedData packTeachingData(const TeachingData& data, std::int64_t frames, std::int64_t crop,
    const std::filesystem::path& folder, double mostBytes, const base::Control& control, const base::LogSink& log);

} // namespace reelmend::runner
