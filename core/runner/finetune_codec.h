#pragma once
#include "core/train/codec_damage.h"

namespace reelmend::runner {

// Damage by the codecs of this FFmpeg: H.264 in most cases, else MPEG-4 or MPEG-2, from hardly visible to heavy.
class FfmpegDamage final : public train::CodecDamage {
public:
    train::Pixels damaged(const train::Pixels& frames, train::Random& random) const override;
};

} // namespace reelmend::runner
