#pragma once
#include <cstddef>
#include <cstdint>

#include "core/video/frame.h"
#include "core/video/image.h"

// Between native planes and RGB(A). All conversions use effectiveTags(), place chroma where it is sited (linear
// interpolation up, the matching box or triangle down), and are exact to rounding: BT.601, 709, 2020 (non-constant
// luminance), limited and full range, 8 to 16 bits and float (H.273 equations 20-43). Transfer functions are not
// touched.
namespace reelmend::video {

// channels = 3, or 4 with alpha (opaque where the frame has none). Rounded to nearest, clamped to the type's range.
Image8 toRgb8(const Frame& frame, int channels = 3);
Image16 toRgb16(const Frame& frame, int channels = 3);
// toRgb8() into the caller's memory, for screens: R G B, or B G R A (opaque) as QImage::Format_RGB32 has it.
enum class PackedOrder { kRgb, kBgra };
void toPackedRgb8(const Frame& frame, PackedOrder order, std::uint8_t* out, std::ptrdiff_t stride);
// Nominal [0, 1]; excursions below black and above white are kept.
ImageF toRgbFloat(const Frame& frame, int channels = 3);

// Luma (of RGB: by the weights of the tags' matrix) over the full range of 8 bits, one channel.
Image8 toLuma8(const Frame& frame);

// A frame of the given format, tags and time with the picture's content; `description` gives everything but the size.
// Three channels into a format with alpha become opaque. Grey formats take the luma of the matrix.
Frame fromRgb(const ImageF& rgb, Frame::Description description);
Frame fromRgb(const Image8& rgb, Frame::Description description);
Frame fromRgb(const Image16& rgb, Frame::Description description);

// `made` with the native samples of `source` wherever nothing was to change. A luma (or RGB, alpha) sample is
// `made`'s where changed > 0; a subsampled chroma sample is `made`'s only where every pixel it serves may change, so
// that no pixel outside the mask differs by any sample it uses. Needs equal format, size and mask size: throws
// Error(kUsage).
Frame keepNativeSamples(const Frame& made, const Frame& source, const Mask& changed);

} // namespace reelmend::video
