#pragma once
#include <array>
#include <string>

namespace reelmend::video {

enum class ColourModel { kYuv, kRgb, kGrey };

// How the samples of a picture lie in memory: enough to read and write any uncompressed format without knowing its
// name. Names and meaning are those of FFmpeg's pixel formats, little endian only; palettes, bit streams and hardware
// surfaces never appear (readers unpack them first).
struct PixelFormat {
    struct Component {
        int plane = 0;  // which plane holds it
        int step = 0;   // bytes from one sample to the next in a row
        int offset = 0; // bytes before the first sample of a row
        int shift = 0;  // unused low bits of the stored word
        int depth = 0;  // significant bits; 16 or 32 with isFloat

        bool operator==(const Component&) const = default;
    };

    std::string name; // "yuv420p", "gbrpf32le", …
    ColourModel model = ColourModel::kYuv;
    int componentCount = 0;                // colour components first, alpha last
    std::array<Component, 4> components{}; // Y U V A, R G B A, or Y A
    int planeCount = 0;
    int log2ChromaWidth = 0; // of components 1 and 2 of kYuv: ceil(width >> this)
    int log2ChromaHeight = 0;
    bool isFloat = false;
    bool hasAlpha = false;

    bool operator==(const PixelFormat&) const = default;

    int depth() const { return components[0].depth; }
    int bytesPerSample() const { return (components[0].depth + components[0].shift + 7) / 8; }
    bool isChroma(int component) const { return model == ColourModel::kYuv && (component == 1 || component == 2); }
    int componentWidth(int component, int width) const; // samples in a row of that component
    int componentHeight(int component, int height) const;
    int planeWidthBytes(int plane, int width) const; // bytes of a row without padding
    int planeHeight(int plane, int height) const;
};

// Planar formats that this program makes itself: "gray", "yuv420p", "yuv422p", "yuv444p", "gbrp" and their 9 to 16
// bit variants ("yuv420p10le"), "rgb24", "rgba", "gray16le", "gbrpf32le". Throws Error(kUsage) for another name;
// formats of files come from their reader.
PixelFormat pixelFormat(const std::string& name);

} // namespace reelmend::video
