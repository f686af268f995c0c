#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"

namespace reelmend::jobs {

// A finished piece of a result.
struct Segment {
    base::FrameRange range;  // source frames
    std::string file;        // below the segments folder: "000000.mkv", or of pictures "000000/%06d.png"
    std::uint64_t bytes = 0; // of the file, or of all its pictures

    bool operator==(const Segment&) const = default;
};

// The crash journal of a job: which segments are finished, and what they were made from. Pieces made from something
// else (the clip was replaced, the program updated) are of no use to a later run.
struct SegmentIndex {
    std::string origin;            // fingerprint of everything that decides what the segments contain
    std::vector<Segment> segments; // ascending

    // None when there is no index, or none that can be used; never throws for what the file contains.
    static std::optional<SegmentIndex> read(const std::filesystem::path& segmentFolder);
    // Replaces the index at once. Throws Error(kOutput or kDiskFull).
    void write(const std::filesystem::path& segmentFolder) const;

    // Keeps the segments from `begin` on that follow each other without a gap and are whole.
    void keepContiguous(std::int64_t begin, const std::function<bool(const Segment&)>& isWhole);
    std::int64_t end(std::int64_t begin) const; // first frame that is not yet in a segment

    bool operator==(const SegmentIndex&) const = default;
};

} // namespace reelmend::jobs
