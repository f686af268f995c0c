#include "core/jobs/segment_index.h"

#include <cstdio>
#include <system_error>
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

bool isPlainName(const std::string& name)
{
    return !name.empty() && name.size() < 100 && name[0] != '.' && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

} // namespace

std::string segmentFileName(std::int64_t number)
{
    char name[32];
    std::snprintf(name, sizeof name, "%06lld.mkv", static_cast<long long>(number));
    return name;
}

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
        if (segment.range.begin < 0 || segment.range.empty() || !isPlainName(segment.file)) {
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

void SegmentIndex::keepContiguous(const fs::path& segmentFolder, std::int64_t begin)
{
    std::size_t kept = 0;
    for (; kept < segments.size(); ++kept) {
        std::error_code code;
        const std::uintmax_t size = fs::file_size(segmentFolder / base::pathFromText(segments[kept].file), code);
        if (segments[kept].range.begin != begin || code || size != segments[kept].bytes) {
            break;
        }
        begin = segments[kept].range.end;
    }
    segments.resize(kept);
}

std::int64_t SegmentIndex::end(std::int64_t begin) const
{
    return segments.empty() ? begin : segments.back().range.end;
}

} // namespace reelmend::jobs
