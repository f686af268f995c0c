#include "core/media/clip_chain.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"

namespace reelmend::media {

namespace {

constexpr std::size_t kOpenAtOnce = 2; // comparing steps back and forth over a border

class ClipChain : public video::FrameSource {
public:
    ClipChain(std::vector<std::filesystem::path> clips, const ReaderOptions& options)
        : options_(options)
    {
        for (std::filesystem::path& path : clips) {
            ProbeOptions probing;
            probing.control = options.control;
            probing.sequenceRate = options.sequenceRate;
            probing.useCache = options.useCache;
            const video::ClipInfo info = probe(path, probing);
            if (parts_.empty()) {
                info_ = info;
            }
            parts_.push_back({std::move(path), count_});
            count_ += info.frameCount();
        }
        info_.scan->frameCount = info_.header.frameCount = count_;
    }

    const video::ClipInfo& info() const override { return info_; }
    std::int64_t frameCount() const override { return count_; }

    video::Frame frame(std::int64_t index) override
    {
        if (index < 0 || index >= count_) {
            throw base::Error(base::ErrorKind::kUsage, "Frame " + std::to_string(index) + " does not exist.",
                "There are " + std::to_string(count_) + " frames.");
        }
        const auto after = std::upper_bound(parts_.begin(), parts_.end(), index,
            [](std::int64_t wanted, const Part& part) { return wanted < part.first; });
        const auto part = static_cast<std::size_t>(after - parts_.begin()) - 1;
        return reader(part).frame(index - parts_[part].first);
    }

private:
    struct Part {
        std::filesystem::path path;
        std::int64_t first; // frame of the chain
    };
    struct Open {
        std::size_t part;
        std::unique_ptr<VideoReader> reader;
    };

    VideoReader& reader(std::size_t part)
    {
        auto found = std::find_if(open_.begin(), open_.end(), [part](const Open& open) { return open.part == part; });
        if (found == open_.end()) {
            if (open_.size() == kOpenAtOnce) {
                open_.pop_back();
            }
            open_.insert(open_.begin(), {part, VideoReader::open(parts_[part].path, options_)});
        } else {
            std::rotate(open_.begin(), found, found + 1);
        }
        return *open_.front().reader;
    }

    ReaderOptions options_;
    video::ClipInfo info_;
    std::vector<Part> parts_;
    std::int64_t count_ = 0;
    std::vector<Open> open_; // used last first
};

} // namespace

std::unique_ptr<video::FrameSource> chainClips(std::vector<std::filesystem::path> clips, const ReaderOptions& options)
{
    if (clips.empty()) {
        throw base::Error(base::ErrorKind::kUsage, "There is nothing to open.", "No clip was named.");
    }
    return std::make_unique<ClipChain>(std::move(clips), options);
}

} // namespace reelmend::media
