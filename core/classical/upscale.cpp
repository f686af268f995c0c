#include "core/classical/upscale.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/media/filter_graph.h"

namespace reelmend::classical {

namespace {

class Upscaler : public Enhancer {
public:
    Upscaler(const Settings& settings, video::FrameSource& source, const base::Control& control)
        : settings_(settings)
        , source_(source)
        , control_(control)
    {}

    EnhancedFrame enhance(std::int64_t index) override
    {
        control_.checkpoint();
        EnhancedFrame result;
        result.source = source_.frame(index);
        result.frame = scaled(result.source);
        return result;
    }

private:
    video::Frame scaled(const video::Frame& frame)
    {
        const video::Frame::Description& d = frame.description();
        if (!graph_ || d.format != made_.format || d.width != made_.width || d.height != made_.height ||
            d.colour != made_.colour) {
            const std::string size =
                "w=" + std::to_string(d.width * settings_.scale) + ":h=" + std::to_string(d.height * settings_.scale);
            // Debian's FFmpeg has zimg; a build without it falls back on swscale with its exact settings.
            // zimg takes no side that its colour samples do not divide.
            const bool isWhole =
                d.width % (1 << d.format.log2ChromaWidth) == 0 && d.height % (1 << d.format.log2ChromaHeight) == 0;
            const std::string filter =
                isWhole && media::FilterGraph::hasFilter("zscale")
                    ? "zscale=" + size + ":filter=lanczos"
                    : "scale=" + size + ":flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp";
            graph_.emplace(media::FilterSettings{filter, {d.format.name}, settings_.threads});
            made_ = d;
        }
        std::vector<video::Frame> frames = graph_->push(frame);
        if (frames.size() != 1) {
            throw base::Error(base::ErrorKind::kFailed, "A frame could not be enlarged.",
                "The scaler gave " + std::to_string(frames.size()) + " frames for one.");
        }
        return frames.front().withTime(frame.time()).withColour(frame.colour());
    }

    Settings settings_;
    video::FrameSource& source_;
    const base::Control& control_;
    std::optional<media::FilterGraph> graph_;
    video::Frame::Description made_;
};

} // namespace

std::unique_ptr<Enhancer> makeUpscaler(
    const Settings& settings, video::FrameSource& source, const base::Control& control)
{
    return std::make_unique<Upscaler>(settings, source, control);
}

} // namespace reelmend::classical
