#pragma once
#include "core/train/pixels.h"

// Moving shapes and soft fields that degradations are made of. Values in [0, 1].
namespace reelmend::train {

// Boxes, ellipses and thick strokes that move over the frames; 1 inside. One channel.
Pixels movingShapes(std::int64_t frames, std::int64_t height, std::int64_t width, int count, Random& random);
// A smooth random field around 0 with deviation 1 and features of about `cell` pixels; changes slowly with time.
Pixels softField(std::int64_t frames, std::int64_t height, std::int64_t width, double cell, Random& random);
// The picture looked up at (y + dy, x + dx); fields in pixels.
Pixels displaced(const Pixels& image, const Pixels& dy, const Pixels& dx);
// Colours of the surroundings spread into the places where `hole` is 1: coarse to fine, as diffusion does.
Pixels diffusedInto(const Pixels& image, const Pixels& hole);

} // namespace reelmend::train
