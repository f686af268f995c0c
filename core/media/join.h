#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/control.h"
#include "core/base/time.h"
#include "core/media/probe.h"
#include "core/media/video_writer.h"

namespace reelmend::media {

// What becomes of one thing that the source carries.
struct CarryItem {
    enum class Fate { kKept, kChanged, kLost };
    Fate fate = Fate::kKept;
    std::string thing; // "Audio 1 (aac, stereo, 48 kHz)"
    std::string text;  // kept: may be empty; else why, and what to choose instead

    bool operator==(const CarryItem&) const = default;
};

struct JoinSettings {
    // Where audio, subtitles, attachments, chapters, timecode and metadata come from; none = pictures alone.
    std::optional<std::filesystem::path> carryFrom;
    // Source frames that the segments hold; none = the whole clip. A part starts at time 0, and what is carried is
    // cut to it.
    std::optional<base::FrameRange> range;
    const base::Control* control = nullptr;
    Progress progress;
};

// Puts finished segments (in order; video files of one codec and format, or numbered sequences) one behind the other
// without re-encoding, and copies what the source carries where the output's container can hold it. The output's
// extension chooses the container; a pattern "name.%04d.png" makes one sequence of segment sequences (the files are
// copied, or linked where possible). Written as PartFile. Returns what was kept, changed and lost. Throws
// Error(kInput) for segments that do not fit together, Error(kOutput or kDiskFull), and Cancelled.
std::vector<CarryItem> joinSegments(const std::vector<std::filesystem::path>& segments,
    const std::filesystem::path& output, const JoinSettings& settings);

// The list that joinSegments() would return, without writing: shown before a run.
std::vector<CarryItem> planCarry(const std::filesystem::path& source, const std::filesystem::path& output,
    const std::optional<base::FrameRange>& range = std::nullopt);

// Container for segments of this codec whose times survive exactly, whatever container they are joined into: ".mp4",
// ".mov" or ".mkv".
std::string segmentExtension(Codec codec);

// Refuses, before any work: output equal to input or to a picture of it, an existing output without `overwrite`, a
// folder that does not exist or cannot be written, a container that is not known. Throws Error(kUsage or kOutput).
void checkOutput(const std::filesystem::path& input, const std::filesystem::path& output, bool overwrite);

// Refuses a name whose container cannot hold the codec. Throws Error(kUsage).
void checkContainer(const std::filesystem::path& output, Codec codec);

} // namespace reelmend::media
