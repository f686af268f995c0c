// Any bytes as a cached packet index: nothing, or an index that packs to the same bytes and answers every question
// inside its own bounds. A second reading appends the right checksum, so that what lies behind it is reached.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/media/clip_file.h"
#include "core/media/packet_index.h"

namespace {

using reelmend::media::PacketIndex;

void require(bool isTrue)
{
    if (!isTrue) {
        std::abort();
    }
}

void ask(const PacketIndex& index)
{
    using namespace reelmend;
    const auto packets = static_cast<std::int64_t>(index.packets.size());
    const auto frames = static_cast<std::int64_t>(index.frames.size());
    require(index.displayOfOrdinal().size() == index.packets.size());
    for (std::int64_t i = 0; i < frames; ++i) {
        require(index.duration(i) >= 0);
        for (int back = 0; back < 3; ++back) {
            const std::int64_t key = index.keyFor(i, back);
            require(key >= 0 && key < packets);
        }
    }
    if (frames > 0) {
        media::ClipFile clip;
        clip.info.header.frameRate = {24, 1};
        media::describeScan(clip.info, index, clip);
        require(clip.info.scan->frameCount == frames);
    }
}

void read(const std::string& bytes)
{
    using namespace reelmend;
    if (const auto index = media::unpackIndex(bytes)) {
        require(media::packIndex(*index) == bytes);
        ask(*index);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string given(reinterpret_cast<const char*>(data), size);
    read(given);
    read(reelmend::media::sealIndex(given));
    return 0;
}
