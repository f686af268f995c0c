#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/control.h"
#include "core/base/time.h"
#include "core/media/probe.h"

namespace reelmend::media {

// What a scan of one video stream found: its packets in file (= decoding) order and the frames they lead to in
// display order. Internal.
//
// Note [Which packet makes which frame]
// A decoder hands frames out in display order, some packets give none (hidden reference frames, parts cut away by an
// edit list, second fields), and time stamps may be missing or repeat. So every packet gets its number in the file
// ("ordinal") as a label that travels through the decoder with it, and a frame is known by the ordinal it comes out
// with. Where all packets have distinct time stamps, sorting by them gives the display order without decoding; where
// they do not, the scan decodes the stream once and notes what comes out.
struct PacketIndex {
    struct Packet {
        std::int64_t pts = 0, dts = 0, position = 0; // kNone where the file does not say
        bool isKey = false;
    };
    struct Frame {
        std::int64_t pts = 0; // strictly ascending
        std::int64_t ordinal = 0;
        bool isBroken = false; // decoding found the data damaged or missing
    };
    static constexpr std::int64_t kNone = INT64_MIN;

    base::Rational timeBase{1, 1};
    std::vector<Packet> packets;
    std::vector<Frame> frames;
    std::int64_t lastDuration = 0; // of the last frame, in timeBase
    bool wasDecoded = false;       // the scan had to decode
    bool wasChecked = false;       // every frame was decoded: isBroken is known for all
    bool hasRepairedTimes = false; // time stamps were missing or repeated and had to be made up
    bool endsEarly = false;        // reading stopped at damage or at a truncated end
    // First frame that is not of the header's size, as far as a check found one.
    std::int64_t otherSizeFrom = -1, otherWidth = 0, otherHeight = 0;

    // Display index of the frame that a packet makes, or -1.
    std::vector<std::int32_t> displayOfOrdinal() const;
    // The last key packet from which decoding gives frame `display` whole: not after it in the file, and shown not
    // later. 0 when there is none. `back` asks for an earlier one.
    std::int64_t keyFor(std::int64_t display, int back = 0) const;
    // Duration of a frame: to the next, or lastDuration.
    std::int64_t duration(std::int64_t display) const;

    bool operator==(const PacketIndex&) const = default;
};
bool operator==(const PacketIndex::Packet&, const PacketIndex::Packet&);
bool operator==(const PacketIndex::Frame&, const PacketIndex::Frame&);

// Index as bytes, and back: nothing for bytes of another version, damaged, or inconsistent in any way; the bytes of
// an index are unique.
std::string packIndex(const PacketIndex& index);
std::optional<PacketIndex> unpackIndex(std::string_view bytes);
// The inner part of packIndex() between its first line and its checksum.
std::string sealIndex(std::string_view body);

// Reads the whole stream, in openings of its own.
PacketIndex scanPackets(
    const std::filesystem::path& path, int stream, const base::Control* control, const Progress& progress);

// scanPackets() of the file, through the cache in base::cacheFolder(): an entry belongs to path, size, time of change
// and stream. A cache that cannot be written is no error.
PacketIndex indexOf(const std::filesystem::path& path, int stream, const base::Control* control,
    const Progress& progress, bool useCache);
// Puts an index that knows more in the place of the cached one.
void cacheIndex(const std::filesystem::path& path, int stream, const PacketIndex& index);

} // namespace reelmend::media
