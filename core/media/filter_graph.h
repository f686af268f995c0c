#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/video/frame.h"

namespace reelmend::media {

struct FilterSettings {
    std::string description;               // libavfilter's: "hqdn3d=4:3:6:4.5,deblock"
    std::vector<std::string> pixelFormats; // of the output, best first; empty = whatever comes out
    int threads = 0;                       // 0 = as many as the machine has cores
};

// Runs a chain of libavfilter's filters over frames. The first frame fixes format and size. Colour tags travel with
// the frames, times too. Not thread-safe.
class FilterGraph {
public:
    // Throws Error(kUsage) for a description that cannot be parsed, Error(kUnavailable) for a filter that this FFmpeg
    // lacks (at the first push where it needs the format to tell).
    explicit FilterGraph(FilterSettings settings);
    ~FilterGraph();
    FilterGraph(FilterGraph&&) noexcept;
    FilterGraph& operator=(FilterGraph&&) noexcept;

    // Hands a frame in and returns those that are finished: none, one or several. Throws Error(kUsage) when format or
    // size differ from the first frame's.
    std::vector<video::Frame> push(const video::Frame& frame);
    // No more frames come: returns the rest. The graph starts afresh with the next push.
    std::vector<video::Frame> flush();

    static bool hasFilter(const std::string& name);

private:
    struct Private;
    std::unique_ptr<Private> d_;
};

// One frame through a chain that gives exactly one frame back, e.g. a scaler. Throws Error(kFailed) otherwise.
video::Frame filterFrame(const video::Frame& frame, const std::string& description);

} // namespace reelmend::media
