#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/media/ffmpeg.h"
#include "core/media/packet_index.h"
#include "core/media/sequence.h"

namespace reelmend::media {

// Packets in file order, each with its ordinal (Note [Which packet makes which frame]). Internal.
class PacketSource {
public:
    virtual ~PacketSource() = default;
    // Ordinal of the packet, or -1 at the end.
    virtual std::int64_t next(AVPacket* packet) = 0;
    // Ordinal that next() gives.
    virtual std::int64_t position() const = 0;
    // The next packet will be this one. Throws Error(kInput) when the file no longer matches its index.
    virtual void seek(std::int64_t ordinal) = 0;
};

class FilePackets : public PacketSource {
public:
    // `index` must outlive this object.
    FilePackets(std::filesystem::path path, InputPtr input, int stream, const PacketIndex& index,
        const base::Control* control);

    std::int64_t next(AVPacket* packet) override;
    std::int64_t position() const override { return position_; }
    void seek(std::int64_t ordinal) override;

private:
    bool read(AVPacket* packet);
    std::int64_t identify(const AVPacket& packet);
    bool trySeek(std::int64_t ordinal, std::int64_t wanted);
    bool land(std::int64_t wanted);
    void reopen();

    std::filesystem::path path_;
    InputPtr input_;
    int stream_;
    const PacketIndex& index_;
    const base::Control* control_;
    std::int64_t position_ = 0;
    PacketPtr pending_; // read while landing, not yet handed out
    bool hasPending_ = false;
    std::vector<std::int32_t> byPosition_; // ordinals sorted by place in the file; made at the first seek
};

class SequencePackets : public PacketSource {
public:
    explicit SequencePackets(Sequence sequence)
        : sequence_(std::move(sequence))
    {}
    std::int64_t next(AVPacket* packet) override;
    std::int64_t position() const override { return position_; }
    void seek(std::int64_t ordinal) override { position_ = ordinal; }

private:
    Sequence sequence_;
    std::int64_t position_ = 0;
};

} // namespace reelmend::media
