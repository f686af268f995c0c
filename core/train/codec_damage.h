#pragma once
#include "core/train/pixels.h"

namespace reelmend::train {

// What a video codec leaves of frames. Codecs are another column's business: who runs a training hands one in.
class CodecDamage {
public:
    virtual ~CodecDamage() = default;
    // `frames`: three channels, even sides. Codec and strength are drawn from `random` alone: the same key, the same
    // damage. Any thread.
    virtual Pixels damaged(const Pixels& frames, Random& random) const = 0;
};

} // namespace reelmend::train
