#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/control.h"
#include "core/base/log.h"
#include "core/jobs/finetune_request.h"
#include "core/media/video_reader.h"
#include "core/train/codec_damage.h"

namespace reelmend::runner {

// One piece of footage to teach from, as a request names it.
struct TeachingClip {
    std::filesystem::path clean;
    std::filesystem::path degraded; // empty = the damage is made by the program
    std::filesystem::path mask;     // of what is to be removed or was inserted; may be empty
};

struct TeachingData {
    std::vector<TeachingClip> clips;
    std::vector<std::filesystem::path> packs;
};

// What the paths of a request come to: clips, folders of clips (and of folders with numbered pictures), folders with
// "clean" clips and "degraded" ones or "masks" of the same names, packs. Throws Error(kInput) that names what is
// missing or does not match in length or size; clips with fewer frames or pixels than a training clip are errors too.
TeachingData findTeachingData(const jobs::FineTuneRequest& request, const base::Control* control);

// Packs of the footage for training and for validation in `folder` (see tools/train/pack_clips.py), made once: every
// clip's frames in segments, at most `mostBytes` in all, evenly chosen. For upscale and restore, clips without a
// degraded one get two variants that a codec has damaged (`codec`), drawn from the request's seed. Every fifth clip
// is kept apart for validation, or the last segment of a single one. Packs are kept in the cache folder for later
// jobs over the same footage. Throws Error, Cancelled.
struct PackedData {
    std::vector<std::filesystem::path> training, validation;
};
PackedData packTeachingData(const TeachingData& data, const jobs::FineTuneRequest& request,
    const std::filesystem::path& folder, double mostBytes, const train::CodecDamage& codec,
    const base::Control& control, const base::LogSink& log);

// The folder's clips: files, folders of numbered pictures, or the pictures of the folder itself.
std::vector<std::filesystem::path> clipsOf(const std::filesystem::path& folder);
// How many times smaller the degraded clip is: 1, 2 or 4. Throws Error(kInput) for lengths or sizes that do not
// match.
int checkedScale(const TeachingClip& clip, const media::VideoReader& clean, const media::VideoReader& degraded);
std::unique_ptr<media::VideoReader> openClip(const std::filesystem::path& path, const base::Control* control);

} // namespace reelmend::runner
