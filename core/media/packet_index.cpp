#include "core/media/packet_index.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <type_traits>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/ffmpeg.h"

namespace reelmend::media {

namespace {

constexpr std::string_view kMagic = "reelmend index 4\n"; // another number whenever format or scan change

std::uint64_t hashBytes(std::string_view bytes, std::uint64_t seed = 0xcbf29ce484222325u)
{
    for (const char c : bytes) { // FNV-1a
        seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    return seed;
}

template <class T> void put(std::string& bytes, T value)
{
    static_assert(std::is_trivially_copyable_v<T>);
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes.append(raw, sizeof value);
}

// Reads values off the front; remembers that it ran out instead of reading beyond.
class Unpacker {
public:
    explicit Unpacker(std::string_view bytes)
        : bytes_(bytes)
    {}
    template <class T> T take()
    {
        T value{};
        if (bytes_.size() < sizeof value) {
            failed_ = true;
            bytes_ = {};
        } else {
            std::memcpy(&value, bytes_.data(), sizeof value);
            bytes_.remove_prefix(sizeof value);
        }
        return value;
    }
    bool failed() const { return failed_; }
    std::size_t left() const { return bytes_.size(); }

private:
    std::string_view bytes_;
    bool failed_ = false;
};

constexpr std::size_t kPacketBytes = 3 * 8 + 1;
constexpr std::size_t kFrameBytes = 2 * 8 + 1;
// Times beyond this are not of any clip, and sums of a few below it do not overflow.
constexpr std::int64_t kLatestTime = std::int64_t{1} << 60;

bool takeFlag(Unpacker& in, bool& isCanonical)
{
    const auto byte = in.take<std::uint8_t>();
    isCanonical = isCanonical && byte <= 1;
    return byte != 0;
}

bool isConsistent(const PacketIndex& index)
{
    if (!index.timeBase.isPositive() || index.timeBase.num > INT32_MAX || index.timeBase.den > INT32_MAX ||
        index.lastDuration < 0 || index.lastDuration > kLatestTime) {
        return false;
    }
    std::vector<bool> used(index.packets.size());
    const auto count = static_cast<std::int64_t>(index.packets.size());
    for (std::size_t i = 0; i < index.frames.size(); ++i) {
        const PacketIndex::Frame& frame = index.frames[i];
        if (frame.ordinal < 0 || frame.ordinal >= count || used[static_cast<std::size_t>(frame.ordinal)] ||
            frame.pts < -kLatestTime || frame.pts > kLatestTime || (i > 0 && frame.pts <= index.frames[i - 1].pts)) {
            return false;
        }
        used[static_cast<std::size_t>(frame.ordinal)] = true;
    }
    return true;
}

std::filesystem::path cachePath(const std::filesystem::path& path, int stream)
{
    struct stat status {};
    std::error_code code;
    const std::filesystem::path real = std::filesystem::canonical(path, code);
    if (code || ::stat(real.c_str(), &status) != 0) {
        return {};
    }
    std::string identity = base::pathText(real);
    for (const std::int64_t part : {static_cast<std::int64_t>(status.st_size),
             static_cast<std::int64_t>(status.st_mtim.tv_sec), static_cast<std::int64_t>(status.st_mtim.tv_nsec),
             static_cast<std::int64_t>(stream), static_cast<std::int64_t>(avformat_version())}) {
        identity += '\n' + std::to_string(part);
    }
    char name[64];
    std::snprintf(name, sizeof name, "%016llx%016llx.index", static_cast<unsigned long long>(hashBytes(identity)),
        static_cast<unsigned long long>(hashBytes(identity, 0x9ae16a3b2f90404fu)));
    return base::cacheFolder() / "index" / name;
}

} // namespace

bool operator==(const PacketIndex::Packet& a, const PacketIndex::Packet& b)
{
    return a.pts == b.pts && a.dts == b.dts && a.position == b.position && a.isKey == b.isKey;
}

bool operator==(const PacketIndex::Frame& a, const PacketIndex::Frame& b)
{
    return a.pts == b.pts && a.ordinal == b.ordinal && a.isBroken == b.isBroken;
}

std::vector<std::int32_t> PacketIndex::displayOfOrdinal() const
{
    std::vector<std::int32_t> display(packets.size(), -1);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        display[static_cast<std::size_t>(frames[i].ordinal)] = static_cast<std::int32_t>(i);
    }
    return display;
}

std::int64_t PacketIndex::keyFor(std::int64_t display, int back) const
{
    const Frame& wanted = frames[static_cast<std::size_t>(display)];
    for (std::int64_t ordinal = wanted.ordinal; ordinal > 0; --ordinal) {
        const Packet& packet = packets[static_cast<std::size_t>(ordinal)];
        // A key frame that is shown after the wanted one opens a group whose leading frames need the group before.
        const bool isLater = packet.pts != kNone && ordinal != wanted.ordinal && packet.pts > wanted.pts;
        if (packet.isKey && !isLater && back-- == 0) {
            return ordinal;
        }
    }
    return 0;
}

std::int64_t PacketIndex::duration(std::int64_t display) const
{
    const auto i = static_cast<std::size_t>(display);
    return i + 1 < frames.size() ? frames[i + 1].pts - frames[i].pts : lastDuration;
}

std::string sealIndex(std::string_view body)
{
    std::string bytes(kMagic);
    bytes += body;
    put(bytes, hashBytes(bytes));
    return bytes;
}

std::string packIndex(const PacketIndex& index)
{
    std::string bytes;
    bytes.reserve(64 + index.packets.size() * kPacketBytes + index.frames.size() * kFrameBytes);
    put(bytes, index.timeBase.num);
    put(bytes, index.timeBase.den);
    put(bytes, index.lastDuration);
    put(bytes, index.otherSizeFrom);
    put(bytes, index.otherWidth);
    put(bytes, index.otherHeight);
    put(bytes, static_cast<std::uint8_t>(
                   index.wasDecoded | index.hasRepairedTimes << 1 | index.endsEarly << 2 | index.wasChecked << 3));
    put(bytes, static_cast<std::uint64_t>(index.packets.size()));
    put(bytes, static_cast<std::uint64_t>(index.frames.size()));
    for (const PacketIndex::Packet& packet : index.packets) {
        put(bytes, packet.pts);
        put(bytes, packet.dts);
        put(bytes, packet.position);
        put(bytes, static_cast<std::uint8_t>(packet.isKey));
    }
    for (const PacketIndex::Frame& frame : index.frames) {
        put(bytes, frame.pts);
        put(bytes, frame.ordinal);
        put(bytes, static_cast<std::uint8_t>(frame.isBroken));
    }
    return sealIndex(bytes);
}

std::optional<PacketIndex> unpackIndex(std::string_view bytes)
{
    if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + sizeof(std::uint64_t)) {
        return std::nullopt;
    }
    const std::string_view body = bytes.substr(0, bytes.size() - sizeof(std::uint64_t));
    if (Unpacker(bytes.substr(body.size())).take<std::uint64_t>() != hashBytes(body)) {
        return std::nullopt;
    }
    Unpacker in(body.substr(kMagic.size()));
    PacketIndex index;
    index.timeBase.num = in.take<std::int64_t>();
    index.timeBase.den = in.take<std::int64_t>();
    index.lastDuration = in.take<std::int64_t>();
    index.otherSizeFrom = in.take<std::int64_t>();
    index.otherWidth = in.take<std::int64_t>();
    index.otherHeight = in.take<std::int64_t>();
    const auto flags = in.take<std::uint8_t>();
    index.wasDecoded = flags & 1;
    index.hasRepairedTimes = flags & 2;
    index.endsEarly = flags & 4;
    index.wasChecked = flags & 8;
    bool isCanonical = flags < 16;
    const auto packetCount = in.take<std::uint64_t>();
    const auto frameCount = in.take<std::uint64_t>();
    if (in.failed() || packetCount > in.left() / kPacketBytes || frameCount > packetCount ||
        packetCount * kPacketBytes + frameCount * kFrameBytes != in.left()) {
        return std::nullopt;
    }
    index.packets.resize(packetCount);
    for (PacketIndex::Packet& packet : index.packets) {
        packet.pts = in.take<std::int64_t>();
        packet.dts = in.take<std::int64_t>();
        packet.position = in.take<std::int64_t>();
        packet.isKey = takeFlag(in, isCanonical);
    }
    index.frames.resize(frameCount);
    for (PacketIndex::Frame& frame : index.frames) {
        frame.pts = in.take<std::int64_t>();
        frame.ordinal = in.take<std::int64_t>();
        frame.isBroken = takeFlag(in, isCanonical);
    }
    return isCanonical && isConsistent(index) ? std::optional(std::move(index)) : std::nullopt;
}

namespace {

void store(const std::filesystem::path& cached, const PacketIndex& index)
{
    if (cached.empty()) {
        return;
    }
    try {
        base::makeFolder(cached.parent_path());
        base::writeFileAtomically(cached, packIndex(index));
    } catch (const base::Error&) {
        // Next time the scan runs again.
    }
}

} // namespace

PacketIndex indexOf(const std::filesystem::path& path, int stream, const base::Control* control,
    const Progress& progress, bool useCache)
{
    std::filesystem::path cached;
    if (useCache) {
        try {
            cached = cachePath(path, stream);
            if (!cached.empty() && std::filesystem::exists(cached)) {
                if (auto index = unpackIndex(base::readFile(cached, std::uintmax_t{1} << 31))) {
                    return *std::move(index);
                }
            }
        } catch (const base::Error&) {
            // An unreadable cache only costs the scan.
        }
    }
    PacketIndex index = scanPackets(path, stream, control, progress);
    store(cached, index);
    return index;
}

void cacheIndex(const std::filesystem::path& path, int stream, const PacketIndex& index)
{
    store(cachePath(path, stream), index);
}

} // namespace reelmend::media
