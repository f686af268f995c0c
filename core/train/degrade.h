#pragma once
#include "core/train/pixels.h"

// Degradations that need no codec, made on the fly from clean frames. Everything is drawn from the Random handed in:
// the same key makes the same damage.
namespace reelmend::train {

// What the network is given: the degraded picture, where it may change it (1 = may), and, inside that, where the
// given colour is trustworthy (1) or a guess (0).
struct Degraded {
    Pixels picture; // 3 channels
    Pixels mask;    // 1 channel
    Pixels trust;   // 1 channel
};

// Blur, reduction by `scale` with a random filter, noise, block quantisation. The result is small.
Pixels reduced(const Pixels& clean, std::int64_t scale, Random& random);
// Noise of several kinds, block quantisation, softness; sometimes all that old film shows.
Pixels worn(const Pixels& clean, Random& random);
// Holes that a flow-guided fill has filled: true colours slightly displaced and off-tone where something was seen,
// a diffused guess where nothing was. `shape`: object mattes to punch out, or empty for boxes, blobs and strokes.
Degraded holed(const Pixels& clean, const Pixels& shape, Random& random);
// What neural rendering leaves: floaters, spikes, blurred patches, holes, popping.
Degraded rendered(const Pixels& clean, Random& random);
// A kind of rendering artifact that no training draws, kept for evaluation: surfaces at a wrong depth swim against
// their surroundings and leave a ghost of themselves.
Degraded swimming(const Pixels& clean, Random& random);
// An object that does not belong: other light, colour, contrast, sharpness or noise inside `shape` (or a blob).
Degraded inserted(const Pixels& clean, const Pixels& shape, Random& random);

} // namespace reelmend::train
