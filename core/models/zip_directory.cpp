#include "core/models/zip_directory.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "core/base/error.h"

namespace reelmend::models {

namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEndRecord = 0x06054b50,
                        kZip64EndRecord = 0x06064b50, kZip64Locator = 0x07064b50;
constexpr std::uint64_t kEndRecordBytes = 22, kLocatorBytes = 20, kMostCommentBytes = 65535;
constexpr std::uint64_t kMostEntries = 1'000'000;
constexpr std::uint16_t kZip64Extra = 1, kEncrypted = 1;

[[noreturn]] void refuse(std::string_view label, std::string why)
{
    throw base::Error(base::ErrorKind::kInput, "\"" + std::string(label) + "\" cannot be read as a model file.",
        std::move(why), "Download or export the file again; it is damaged, cut off or of another kind.");
}

// Little-endian numbers at a place that is checked first.
class Bytes {
public:
    Bytes(std::string_view all, std::string_view label)
        : all_(all)
        , label_(label)
    {}

    template <class Number> Number at(std::uint64_t place) const
    {
        need(place, sizeof(Number));
        Number value{};
        std::memcpy(&value, all_.data() + place, sizeof value);
        return value;
    }
    std::string_view text(std::uint64_t place, std::uint64_t size) const
    {
        need(place, size);
        return all_.substr(place, size);
    }
    std::uint64_t size() const { return all_.size(); }

private:
    void need(std::uint64_t place, std::uint64_t size) const
    {
        if (place > all_.size() || size > all_.size() - place) {
            refuse(label_, "Its list of contents points outside the file.");
        }
    }

    std::string_view all_, label_;
};

struct Directory {
    std::uint64_t begin = 0, bytes = 0, entries = 0;
};

std::optional<std::uint64_t> findEndRecord(const Bytes& file)
{
    if (file.size() < kEndRecordBytes) {
        return std::nullopt;
    }
    const std::uint64_t last = file.size() - kEndRecordBytes;
    for (std::uint64_t back = 0; back <= std::min(last, kMostCommentBytes); ++back) {
        if (file.at<std::uint32_t>(last - back) == kEndRecord) {
            return last - back;
        }
    }
    return std::nullopt;
}

Directory findDirectory(const Bytes& file, std::string_view label)
{
    const auto end = findEndRecord(file);
    if (!end) {
        refuse(label, "Its end, with the list of contents, is missing.");
    }
    Directory directory{
        file.at<std::uint32_t>(*end + 16), file.at<std::uint32_t>(*end + 12), file.at<std::uint16_t>(*end + 10)};
    // The large form stands before the small one, whose fields are then full of ones (or merely repeat it).
    if (*end >= kLocatorBytes && file.at<std::uint32_t>(*end - kLocatorBytes) == kZip64Locator) {
        const auto place = file.at<std::uint64_t>(*end - kLocatorBytes + 8);
        if (place > file.size() || file.at<std::uint32_t>(place) != kZip64EndRecord) {
            refuse(label, "Its list of contents is damaged.");
        }
        directory = {file.at<std::uint64_t>(place + 48), file.at<std::uint64_t>(place + 40),
            file.at<std::uint64_t>(place + 32)};
    }
    file.text(directory.begin, directory.bytes);
    if (directory.entries > kMostEntries) {
        refuse(label, "It claims to hold " + std::to_string(directory.entries) + " entries.");
    }
    return directory;
}

// Sizes and place of an entry; each moves to the zip64 extra field where its small form is full of ones.
struct Sizes {
    std::uint64_t stored = 0, whole = 0, header = 0;
};

Sizes sizesOf(const Bytes& file, std::uint64_t entry, std::uint64_t extra, std::uint64_t extraEnd)
{
    Sizes sizes{
        file.at<std::uint32_t>(entry + 20), file.at<std::uint32_t>(entry + 24), file.at<std::uint32_t>(entry + 42)};
    while (extra + 4 <= extraEnd) {
        const auto kind = file.at<std::uint16_t>(extra);
        std::uint64_t field = extra + 4;
        extra = field + file.at<std::uint16_t>(extra + 2);
        if (kind == kZip64Extra) {
            for (std::uint64_t* value : {&sizes.whole, &sizes.stored, &sizes.header}) {
                if (*value == 0xffffffff && field + 8 <= extra) {
                    *value = file.at<std::uint64_t>(field);
                    field += 8;
                }
            }
        }
    }
    return sizes;
}

} // namespace

bool looksLikeZip(std::string_view file)
{
    return file.starts_with(std::string_view("PK\x03\x04", 4));
}

std::map<std::string, ZipEntry> readZipDirectory(std::string_view whole, std::string_view label)
{
    const Bytes file(whole, label);
    const Directory directory = findDirectory(file, label);
    std::map<std::string, ZipEntry> entries;
    std::uint64_t place = directory.begin;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        if (file.at<std::uint32_t>(place) != kCentralHeader) {
            refuse(label, "Its list of contents is damaged.");
        }
        const auto flags = file.at<std::uint16_t>(place + 8), method = file.at<std::uint16_t>(place + 10);
        const std::uint64_t nameBytes = file.at<std::uint16_t>(place + 28),
                            extraBytes = file.at<std::uint16_t>(place + 30),
                            commentBytes = file.at<std::uint16_t>(place + 32);
        const std::string name(file.text(place + 46, nameBytes));
        const std::uint64_t extra = place + 46 + nameBytes;
        const Sizes sizes = sizesOf(file, place, extra, extra + extraBytes);
        if (method != 0 || sizes.stored != sizes.whole || (flags & kEncrypted) != 0) {
            refuse(label, "Its part \"" + name + "\" is compressed or encrypted, which model files are not.");
        }
        if (sizes.header > file.size() || file.at<std::uint32_t>(sizes.header) != kLocalHeader) {
            refuse(label, "Its part \"" + name + "\" is not where the list of contents says.");
        }
        ZipEntry entry;
        entry.begin =
            sizes.header + 30 + file.at<std::uint16_t>(sizes.header + 26) + file.at<std::uint16_t>(sizes.header + 28);
        file.text(entry.begin, sizes.whole);
        entry.end = entry.begin + sizes.whole;
        if (!entries.emplace(name, entry).second) {
            refuse(label, "Its part \"" + name + "\" stands twice.");
        }
        place = extra + extraBytes + commentBytes;
    }
    return entries;
}

} // namespace reelmend::models
