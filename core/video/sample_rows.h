#pragma once
#include <cstdint>

#include "core/video/pixel_format.h"

// One row of one component between its bytes and floats in native units (0…2^depth - 1; float formats as they are).
namespace reelmend::video::detail {

// `row` is the first byte of the plane's row.
void loadSamples(const PixelFormat& format, int component, const std::uint8_t* row, float* out, int count);

// Rounded to nearest and clamped (float formats: as they are). Where needsClearing(), the row must have been zeroed.
void storeSamples(const PixelFormat& format, int component, const float* in, std::uint8_t* row, int count);

// made's samples where select != 0; the other bits of `row` stay. `selected` has one entry per sample.
void replaceSamples(const PixelFormat& format, int component, const std::uint8_t* made, const std::uint8_t* selected,
    std::uint8_t* row, int count);

// True for packed planes: components may share words (rgb565le), and bytes may belong to none (rgb0).
bool needsClearing(const PixelFormat& format, int plane);

} // namespace reelmend::video::detail
