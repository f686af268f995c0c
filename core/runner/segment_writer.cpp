#include "core/runner/segment_writer.h"

#include <system_error>
#include <utility>

#include "core/base/files.h"

namespace reelmend::runner {

namespace fs = std::filesystem;

namespace {

std::uint64_t bytesOf(const fs::path& path)
{
    std::error_code code;
    if (fs::is_directory(path, code)) {
        std::uint64_t bytes = 0;
        for (fs::directory_iterator entry(path, code), end; !code && entry != end; entry.increment(code)) {
            bytes += entry->file_size();
        }
        return bytes;
    }
    return fs::file_size(path);
}

// A segment of pictures is a folder, named in the index without the pattern.
fs::path placeOf(const std::string& file)
{
    return base::pathFromText(file.substr(0, file.find('/')));
}

} // namespace

void clearUnfinished(const fs::path& folder)
{
    const jobs::SegmentIndex index = jobs::SegmentIndex::read(folder).value_or(jobs::SegmentIndex());
    std::error_code code;
    std::vector<fs::path> strangers;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        bool isKnown = entry->path().filename() == "index.json";
        for (const jobs::Segment& segment : index.segments) {
            isKnown = isKnown || entry->path().filename() == placeOf(segment.file);
        }
        if (!isKnown) {
            strangers.push_back(entry->path());
        }
    }
    for (const fs::path& path : strangers) {
        fs::remove_all(path, code);
    }
}

SegmentWriter::SegmentWriter(const EnhancePlan& plan, fs::path folder, const base::Control& control)
    : plan_(plan)
    , folder_(std::move(folder))
    , control_(control)
{
    base::makeFolder(folder_);
    if (std::optional<jobs::SegmentIndex> found = jobs::SegmentIndex::read(folder_);
        found && found->origin == plan_.origin) {
        index_ = std::move(*found);
    }
    index_.origin = plan_.origin;
    index_.keepContiguous(plan_.range.begin, [this](const jobs::Segment& segment) {
        std::error_code code;
        const fs::path place = folder_ / placeOf(segment.file);
        return fs::exists(place, code) && bytesOf(place) == segment.bytes;
    });
    index_.write(folder_);
    clearUnfinished(folder_);
}

std::int64_t SegmentWriter::framesDone() const
{
    return nextFrame() - plan_.range.begin;
}

std::vector<fs::path> SegmentWriter::files() const
{
    std::vector<fs::path> files;
    for (const jobs::Segment& segment : index_.segments) {
        files.push_back(folder_ / base::pathFromText(segment.file));
    }
    return files;
}

std::optional<jobs::Segment> SegmentWriter::write(const MadeFrame& made, std::int64_t index)
{
    const std::int64_t number = (index - plan_.range.begin) / plan_.segmentFrames;
    if (!writer_) {
        open(number);
    }
    writer_->write(made.frame, made.changed ? &made.source : nullptr, made.changed.get());
    return index + 1 == plan_.segmentRange(number).end ? std::optional(finish(number)) : std::nullopt;
}

void SegmentWriter::open(std::int64_t number)
{
    media::WriterSettings settings = plan_.writer;
    settings.path = folder_ / plan_.segmentFile(number);
    settings.control = &control_;
    base::makeFolder(settings.path.parent_path());
    writer_ = std::make_unique<media::VideoWriter>(std::move(settings));
}

jobs::Segment SegmentWriter::finish(std::int64_t number)
{
    writer_->finish();
    writer_.reset();
    jobs::Segment segment{plan_.segmentRange(number), plan_.segmentFile(number), 0};
    segment.bytes = bytesOf(folder_ / placeOf(segment.file));
    index_.segments.push_back(segment);
    index_.write(folder_);
    return segment;
}

} // namespace reelmend::runner
