#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

// Just enough of PNG to read the reference pictures of ../shared without a picture library: 8-bit RGB, not
// interlaced.
namespace reelmend::test {

struct RgbPicture {
    int width = 0, height = 0;
    std::vector<std::uint8_t> samples; // row by row, R G B
};
RgbPicture readPng(const std::filesystem::path& path); // throws std::runtime_error

} // namespace reelmend::test
