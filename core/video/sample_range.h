#pragma once
#include "core/video/colour.h"
#include "core/video/convert_kernels.h"
#include "core/video/frame.h"

// Quantisation of H.273 (equations 20-43) as numbers.
namespace reelmend::video::detail {

// native = offset + nominal * span; nominal is [0, 1], of chroma [-0.5, 0.5].
struct SampleRange {
    double offset, span;
};
SampleRange colourRange(const PixelFormat& format, int component, ColourRange range);
SampleRange alphaRange(const PixelFormat& format);

// effectiveTags() of a picture, with what its format's name says (yuvj420p is full range).
ColourTags effectiveTags(const Frame::Description& description);

// Nominal Y, U, V to R, G, B: Y + u[i] U + v[i] V.
struct ColourMatrix {
    double u[3], v[3];
    double luma[3]; // of R, G, B
    double cb[3], cr[3];
};
ColourMatrix colourMatrix(Matrix matrix);

int alphaComponent(const PixelFormat& format); // -1 where there is none

} // namespace reelmend::video::detail
