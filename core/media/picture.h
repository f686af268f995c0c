#pragma once
#include <filesystem>

#include "core/video/frame.h"
#include "core/video/image.h"

namespace reelmend::media {

// One picture file (PNG, JPEG, TIFF, EXR, DPX, BMP, WebP, TGA, PNM, …). Throws Error(kInput).
video::Frame readPicture(const std::filesystem::path& path);

// The same as RGB(A) pixels; channels = 1 (luma), 3 or 4. Grey pictures give equal channels; without alpha the
// fourth is opaque.
video::Image8 readPicture8(const std::filesystem::path& path, int channels = 3);
video::Image16 readPicture16(const std::filesystem::path& path, int channels = 3);
video::ImageF readPictureFloat(const std::filesystem::path& path, int channels = 3);

// PNG of 1 (grey), 2 (grey, alpha), 3 or 4 channels, written as PartFile. Throws Error(kOutput or kDiskFull).
void writePng(const std::filesystem::path& path, const video::Image8& image);
void writePng(const std::filesystem::path& path, const video::Image16& image);

} // namespace reelmend::media
