#include "core/media/frame_decoder.h"

#include <algorithm>
#include <utility>

namespace reelmend::media {

namespace {

// Decoders that learn their reordering late may give frames out of order at the start; this many later frames are
// waited for before a frame counts as missing.
constexpr std::int64_t kReorderSlack = 16;
// A jump that saves fewer packets than this costs more than decoding on.
constexpr std::int64_t kWorthAJump = 6;
// Going back by no more than this counts as stepping.
constexpr std::int64_t kStepSpan = 64;

std::size_t bytesOf(const AVFrame& frame)
{
    std::size_t bytes = 0;
    for (const AVBufferRef* buffer : frame.buf) {
        bytes += buffer ? static_cast<std::size_t>(buffer->size) : 0;
    }
    return bytes;
}

struct HardwareFailed {}; // thrown and caught in this file

bool isCorrupt(const AVFrame& frame)
{
    return (frame.flags & AV_FRAME_FLAG_CORRUPT) || frame.decode_error_flags;
}

} // namespace

FrameDecoder::FrameDecoder(
    const PacketIndex& index, std::unique_ptr<PacketSource> packets, OpenCodec open, Settings settings)
    : index_(index)
    , displayOf_(index.displayOfOrdinal())
    , packets_(std::move(packets))
    , open_(std::move(open))
    , hardware_(std::move(settings.hardware))
    , backwardBytes_(settings.backwardBytes)
    , control_(settings.control)
    , alwaysTellsDamage_(settings.tellsDamage)
    , tellsDamage_(settings.tellsDamage)
    , packet_(makePacket())
{
    try {
        decoder_ = open_({hardware_.get(), tellsDamage_});
    } catch (const base::Error&) {
        if (!hardware_) {
            throw;
        }
        hardware_.reset();
        decoder_ = open_({nullptr, tellsDamage_});
    }
}

std::unique_ptr<FrameDecoder> FrameDecoder::open(
    const ClipFile& clip, InputPtr input, const PacketIndex& index, Settings settings)
{
    const std::string name = quoted(clip.path);
    if (clip.sequence) {
        const int threads = clip.isStill ? 1 : settings.threads;
        const auto openCodec = [codec = clip.pictureCodec, threads, name](const DecoderUse& use) {
            AVCodecParameters parameters{};
            parameters.codec_type = AVMEDIA_TYPE_VIDEO;
            parameters.codec_id = codec;
            return openDecoder(&parameters, {1, 1}, threads, name, use);
        };
        settings.hardware.reset();
        return std::make_unique<FrameDecoder>(
            index, std::make_unique<SequencePackets>(*clip.sequence), openCodec, std::move(settings));
    }
    // The demuxer may add to its parameters while it reads; the decoder starts from what they are now.
    const std::shared_ptr<AVCodecParameters> parameters(
        avcodec_parameters_alloc(), [](AVCodecParameters* p) { avcodec_parameters_free(&p); });
    const AVStream& stream = *input->streams[clip.stream];
    if (!parameters || avcodec_parameters_copy(parameters.get(), stream.codecpar) < 0) {
        throw ffmpegError(base::ErrorKind::kInput, name + " cannot be decoded.", AVERROR(ENOMEM));
    }
    const auto openCodec = [parameters, timeBase = stream.time_base, threads = settings.threads, name](
                               const DecoderUse& use) {
        return openDecoder(parameters.get(), timeBase, threads, name, use);
    };
    auto packets = std::make_unique<FilePackets>(clip.path, std::move(input), clip.stream, index, settings.control);
    return std::make_unique<FrameDecoder>(index, std::move(packets), openCodec, std::move(settings));
}

const AVFrame* FrameDecoder::frame(std::int64_t display)
{
    try {
        return decodedFrame(display);
    } catch (const HardwareFailed&) {
        goOnInSoftware();
        return decodedFrame(display);
    }
}

void FrameDecoder::goOnInSoftware()
{
    reopen(alwaysTellsDamage_);
    hardware_.reset();
    undecodable_.clear();
    lastWanted_ = -1;
}

void FrameDecoder::reopen(bool tellsDamage)
{
    decoder_ = open_({nullptr, tellsDamage});
    tellsDamage_ = tellsDamage;
    isAtEnd_ = true; // the next frame starts at a key frame
}

const AVFrame* FrameDecoder::decodedFrame(std::int64_t display)
{
    if (const auto found = kept_.find(display);
        found != kept_.end() && (tellsDamage_ || !isCorrupt(*found->second) || undecodable_.contains(display))) {
        lastWanted_ = display;
        return found->second.get();
    }
    isSteppingBack_ = lastWanted_ >= 0 && display < lastWanted_ && lastWanted_ - display <= kStepSpan;
    lastWanted_ = display;
    const std::int64_t group = index_.keyFor(display);
    if (tellsDamage_ && !alwaysTellsDamage_ && group != damagedGroup_) {
        reopen(false);
    }
    bool isWhole = decodeWhole(display);
    if (!isWhole && !marksAreSure()) {
        damagedGroup_ = group;
        reopen(true);
        hardware_.reset();
        isWhole = decodeWhole(display);
    }
    if (!isWhole) {
        undecodable_.insert(display);
    }
    const auto found = kept_.find(display);
    if (found == kept_.end()) {
        return conceal(display);
    }
    AVFrame& frame = *found->second;
    if (index_.wasChecked) {
        const bool isBroken = index_.frames[static_cast<std::size_t>(display)].isBroken;
        frame.flags = isBroken ? frame.flags | AV_FRAME_FLAG_CORRUPT : frame.flags & ~AV_FRAME_FLAG_CORRUPT;
        frame.decode_error_flags = 0;
    } else if (undecodable_.contains(display)) {
        frame.flags |= AV_FRAME_FLAG_CORRUPT; // decoded again, its mark may be missing
    }
    return &frame;
}

bool FrameDecoder::marksAreSure() const
{
    return tellsDamage_ || index_.wasChecked || !(decoder_->active_thread_type & FF_THREAD_FRAME);
}

bool FrameDecoder::decodeWhole(std::int64_t display)
{
    if (!canContinueTo(display)) {
        startAt(index_.keyFor(display));
    }
    for (int back = 1;; ++back) {
        if (decodeTo(display) && (!isCorrupt(*kept_.find(display)->second) || undecodable_.contains(display))) {
            return true;
        }
        // Perhaps the key frame was none (a flag that lies, an open group): try an earlier one, unless decoding began
        // earlier already.
        const std::int64_t earlier = index_.keyFor(display, back);
        if (undecodable_.contains(display) || back > 2 || earlier >= startedAt_) {
            return false;
        }
        startAt(earlier);
    }
}

bool FrameDecoder::canContinueTo(std::int64_t display) const
{
    if (isAtEnd_ || display <= lastOut_) {
        return false;
    }
    return index_.keyFor(display) <= packets_->position() + kWorthAJump;
}

void FrameDecoder::startAt(std::int64_t ordinal)
{
    const bool isFresh = lastOut_ < 0 && packets_->position() == 0 && !isDraining_;
    if (!isFresh || ordinal != 0) {
        avcodec_flush_buffers(decoder_.get());
        packets_->seek(ordinal);
        ++seeks_;
    }
    kept_.clear();
    startedAt_ = ordinal;
    damagedAt_ = -1;
    lastOut_ = -1;
    isDraining_ = isAtEnd_ = false;
}

bool FrameDecoder::feed(std::int64_t target)
{
    const std::int64_t ordinal = packets_->next(packet_.get());
    if (ordinal < 0) {
        isDraining_ = true;
        return avcodec_send_packet(decoder_.get(), nullptr) >= 0;
    }
    const std::int64_t display = displayOf_[static_cast<std::size_t>(ordinal)];
    // On the way to a far frame, frames that no other refers to need not be decoded.
    const bool isSkippable = !isSteppingBack_ && display >= 0 && display < target;
    decoder_->skip_frame = isSkippable ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
    decoder_->reordered_opaque = ordinal;
    // A packet that is damaged beyond use is left out; its frame is then missing, which decodeTo() notices.
    if (avcodec_send_packet(decoder_.get(), packet_.get()) < 0) {
        noteFailure();
    }
    av_packet_unref(packet_.get());
    return true;
}

// With frame threads a failure is told some packets late.
void FrameDecoder::noteFailure()
{
    const std::int64_t late = decoder_->active_thread_type & FF_THREAD_FRAME ? decoder_->thread_count : 1;
    damagedAt_ = std::max(damagedAt_, std::max(startedAt_, packets_->position() - late));
}

void FrameDecoder::take(FramePtr frame, std::int64_t display, std::int64_t target)
{
    ++decodedFrames_;
    // A decoder marks the frame whose data is damaged, not those that are predicted from it; these count as damaged
    // until a key frame clears the way.
    const std::int64_t ordinal = index_.frames[static_cast<std::size_t>(display)].ordinal;
    if (isCorrupt(*frame)) {
        damagedAt_ = frame->pict_type == AV_PICTURE_TYPE_B ? damagedAt_ : std::max(damagedAt_, ordinal);
    } else if (damagedAt_ >= 0 && ordinal > damagedAt_ && index_.keyFor(display) <= damagedAt_) {
        frame->flags |= AV_FRAME_FLAG_CORRUPT;
    }
    lastOut_ = std::max(lastOut_, display);
    if (display >= target || isSteppingBack_ || display + 1 == target) {
        kept_.insert_or_assign(display, std::move(frame));
        trimKept(target);
    }
}

// Keeps the wanted frame, those ahead of it, and before it what the budget for stepping back allows.
void FrameDecoder::trimKept(std::int64_t target)
{
    const std::size_t budget = isSteppingBack_ ? backwardBytes_ : 0;
    std::size_t bytes = 0;
    for (const auto& [display, frame] : kept_) {
        bytes += display < target ? bytesOf(*frame) : 0;
    }
    while (bytes > budget && !kept_.empty() && kept_.begin()->first < std::min(target, lastOut_)) {
        bytes -= std::min(bytes, bytesOf(*kept_.begin()->second));
        kept_.erase(kept_.begin());
    }
}

bool FrameDecoder::decodeTo(std::int64_t target)
{
    if (!isSteppingBack_) {
        std::erase_if(kept_, [target, this](const auto& entry) { return entry.first < std::min(target, lastOut_); });
    }
    for (;;) {
        if (control_) {
            control_->checkpoint();
        }
        FramePtr frame = makeFrame();
        const int code = avcodec_receive_frame(decoder_.get(), frame.get());
        if (code == AVERROR(EAGAIN)) {
            if (!feed(target)) {
                isAtEnd_ = true;
                return false;
            }
            continue;
        }
        if (code == AVERROR_EOF) {
            isAtEnd_ = true;
            return false;
        }
        if (code < 0) { // damaged data: the next frames may be whole again
            if (hardware_) {
                throw HardwareFailed();
            }
            noteFailure();
            continue;
        }
        const std::int64_t ordinal = frame->reordered_opaque;
        if (ordinal < 0 || ordinal >= static_cast<std::int64_t>(displayOf_.size())) {
            continue;
        }
        const std::int64_t display = displayOf_[static_cast<std::size_t>(ordinal)];
        if (display < 0) {
            continue;
        }
        if (hardware_ && hardware_->isOnDevice(*frame)) {
            frame = hardware_->download(*frame);
            if (!frame) {
                throw HardwareFailed();
            }
        }
        take(std::move(frame), display, target);
        if (display == target) {
            return true;
        }
        if (display > target + kReorderSlack) {
            return false;
        }
    }
}

const AVFrame* FrameDecoder::conceal(std::int64_t display)
{
    if (kept_.empty()) {
        return nullptr;
    }
    auto nearest = kept_.lower_bound(display);
    if (nearest == kept_.end() ||
        (nearest != kept_.begin() && display - std::prev(nearest)->first <= nearest->first - display)) {
        nearest = std::prev(nearest);
    }
    concealed_ = makeFrame();
    if (const int code = av_frame_ref(concealed_.get(), nearest->second.get()); code < 0) {
        throw ffmpegError(base::ErrorKind::kInput, "A frame cannot be kept.", code);
    }
    concealed_->flags |= AV_FRAME_FLAG_CORRUPT;
    return concealed_.get();
}

} // namespace reelmend::media
