#pragma once
#include "core/video/image.h"

// What is done to masks before they are used. All keep 16-bit grey.
namespace reelmend::vision {

// Every pixel takes the largest value within `radius` pixels (a disc). Radius 0 = unchanged.
video::Mask dilated(const video::Mask& mask, int radius);
video::Image8 dilated(const video::Image8& mask, int radius);

// Smallest value within `radius` pixels; outside the picture counts as white.
video::Mask eroded(const video::Mask& mask, int radius);

// A soft edge that falls from white to black over `radius` pixels outside the shape; the shape itself stays white.
video::Mask feathered(const video::Mask& mask, int radius);

// Another size: area mean when smaller, linear when larger.
video::Mask resized(const video::Mask& mask, int width, int height);

} // namespace reelmend::vision
