#include "core/jobs/segment_index.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/json_text.h"

namespace reelmend::jobs {

namespace fs = std::filesystem;

namespace {

fs::path indexFile(const fs::path& folder)
{
    return folder / "index.json";
}

// A name below the segments folder: at most one folder deep, nothing hidden, no way out.
bool isInside(const std::string& name)
{
    const std::size_t slash = name.find('/');
    const std::string last = slash == std::string::npos ? name : name.substr(slash + 1);
    return name.size() < 100 && !name.empty() && name[0] != '.' && slash != 0 && !last.empty() && last[0] != '.' &&
           last.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

} // namespace

std::optional<SegmentIndex> SegmentIndex::read(const fs::path& segmentFolder)
{
    std::optional<nlohmann::json> value;
    try {
        value = parseJson(base::readFile(indexFile(segmentFolder)));
    } catch (const base::Error&) {
        return std::nullopt; // not there, or not to be read: the run starts from nothing
    }
    if (!value || !value->is_object() || !value->contains("segments") || !(*value)["segments"].is_array()) {
        return std::nullopt;
    }
    SegmentIndex index;
    index.origin = textMember(*value, "origin");
    for (const nlohmann::json& entry : (*value)["segments"]) {
        Segment segment{{integerMember(entry, "begin", -1), integerMember(entry, "end", -1)},
            textMember(entry, "path"),
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, integerMember(entry, "bytes")))};
        if (segment.range.begin < 0 || segment.range.empty() || !isInside(segment.file)) {
            return std::nullopt;
        }
        index.segments.push_back(std::move(segment));
    }
    return index;
}

void SegmentIndex::write(const fs::path& segmentFolder) const
{
    nlohmann::json list = nlohmann::json::array();
    for (const Segment& segment : segments) {
        list.push_back({{"begin", segment.range.begin}, {"end", segment.range.end}, {"path", segment.file},
            {"bytes", segment.bytes}});
    }
    base::writeFileAtomically(
        indexFile(segmentFolder), indentedText({{"version", 1}, {"origin", origin}, {"segments", std::move(list)}}));
}

void SegmentIndex::keepContiguous(std::int64_t begin, const std::function<bool(const Segment&)>& isWhole)
{
    std::size_t kept = 0;
    while (kept < segments.size() && segments[kept].range.begin == begin && isWhole(segments[kept])) {
        begin = segments[kept].range.end;
        ++kept;
    }
    segments.resize(kept);
}

std::int64_t SegmentIndex::end(std::int64_t begin) const
{
    return segments.empty() ? begin : segments.back().range.end;
}

} // namespace reelmend::jobs
