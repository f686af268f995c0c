#pragma once
#include "core/video/image.h"

namespace reelmend::vision {

// Telea's fast marching and the Navier-Stokes method of OpenCV: quick, smooth, without texture.
enum class InpaintMethod { kTelea, kNavierStokes };

// RGB or grey picture with hole > 0 filled from its edge inwards; `radius` in pixels.
video::Image8 inpainted(const video::Image8& image, const video::Image8& hole, double radius = 5,
    InpaintMethod method = InpaintMethod::kTelea);

} // namespace reelmend::vision
