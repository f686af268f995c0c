#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace reelmend::video {

// An interleaved picture in memory that somebody computes on: rows top to bottom, no padding between them.
// Float RGB is display-encoded R'G'B' with nominal range [0, 1]; values outside are kept. 8 and 16 bit use the full
// range of the type.
template <class T> struct Image {
    int width = 0;
    int height = 0;
    int channels = 0;
    std::vector<T> pixels; // [height][width][channels]

    Image() = default;
    Image(int w, int h, int c, T value = T())
        : width(w)
        , height(h)
        , channels(c)
        , pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * static_cast<std::size_t>(c), value)
    {}

    bool empty() const { return pixels.empty(); }
    T* row(int y) { return pixels.data() + rowStart(y); }
    const T* row(int y) const { return pixels.data() + rowStart(y); }
    bool operator==(const Image&) const = default;

private:
    std::size_t rowStart(int y) const
    {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
    }
};

using Image8 = Image<std::uint8_t>;
using Image16 = Image<std::uint16_t>;
using ImageF = Image<float>;

// 16-bit grey, one channel: 65535 = change, 0 = keep, between = blend.
using Mask = Image16;

} // namespace reelmend::video
