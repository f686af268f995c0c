#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "core/media/clip_file.h"
#include "core/media/hardware_decoding.h"
#include "core/media/packet_index.h"
#include "core/media/packet_source.h"

namespace reelmend::media {

// Frames by display index out of packets: decides between decoding on and jumping to a key frame, and knows which
// frame comes out. Internal; not thread-safe.
class FrameDecoder {
public:
    struct Settings {
        int threads = 0;
        std::size_t backwardBytes = 0; // frames kept so that stepping back decodes a group once
        const base::Control* control = nullptr;
        std::unique_ptr<HardwareDecoding> hardware{}; // what fails there is done again in software
        bool tellsDamage = false; // all along, as DecoderUse says; otherwise only where damage shows
    };
    using OpenCodec = std::function<CodecPtr(const DecoderUse&)>;

    // `index` must outlive this object. `open` makes the decoder, and another one should the hardware fail or damage
    // show.
    FrameDecoder(const PacketIndex& index, std::unique_ptr<PacketSource> packets, OpenCodec open, Settings settings);
    // The frames of a clip; `input` is its file, opened (not used for pictures).
    static std::unique_ptr<FrameDecoder> open(
        const ClipFile& clip, InputPtr input, const PacketIndex& index, Settings settings);

    // The frame, or its nearest neighbour with AV_FRAME_FLAG_CORRUPT where it cannot be decoded. Null where nothing
    // at all comes out. The frame stays valid until the next call.
    const AVFrame* frame(std::int64_t display);

    std::int64_t decodedFrames() const { return decodedFrames_; }
    std::int64_t seeks() const { return seeks_; }
    bool usesHardware() const { return hardware_ != nullptr; }

private:
    const AVFrame* decodedFrame(std::int64_t display);
    // The frame is among kept_ then, unless it returns false: missing, or damaged from wherever decoding starts.
    bool decodeWhole(std::int64_t display);
    void goOnInSoftware();
    void reopen(bool tellsDamage);
    bool marksAreSure() const; // or there is a list of the damaged frames
    bool decodeTo(std::int64_t display);
    bool feed(std::int64_t target);
    void take(FramePtr frame, std::int64_t display, std::int64_t target);
    bool canContinueTo(std::int64_t display) const;
    void startAt(std::int64_t ordinal);
    void trimKept(std::int64_t target);
    void noteFailure();
    const AVFrame* conceal(std::int64_t display);

    const PacketIndex& index_;
    std::vector<std::int32_t> displayOf_;
    std::unique_ptr<PacketSource> packets_;
    OpenCodec open_;
    std::unique_ptr<HardwareDecoding> hardware_; // before the decoder: it is used until that is gone
    CodecPtr decoder_;
    std::size_t backwardBytes_;
    const base::Control* control_;

    std::map<std::int64_t, FramePtr> kept_; // by display index: the last one, those ahead, those for stepping back
    std::int64_t lastOut_ = -1;             // display index of the newest frame the decoder gave
    std::int64_t lastWanted_ = -1;
    std::int64_t startedAt_ = 0;  // ordinal that decoding began with
    std::int64_t damagedAt_ = -1; // ordinal of the last damaged frame since then
    bool isSteppingBack_ = false;
    bool isDraining_ = false;
    bool isAtEnd_ = false;
    bool alwaysTellsDamage_;
    bool tellsDamage_;               // the decoder that is open does
    std::int64_t damagedGroup_ = -1; // key frame's ordinal of the group that it was opened for
    std::set<std::int64_t> undecodable_;
    FramePtr concealed_;
    PacketPtr packet_;
    std::int64_t decodedFrames_ = 0, seeks_ = 0;
};

} // namespace reelmend::media
