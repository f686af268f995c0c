#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace reelmend::video {

// Colour description of a picture. The numbers are the code points of ITU-T H.273 (which FFmpeg uses as well), so
// values that have no name here still travel unharmed.
enum class Primaries : std::uint8_t {
    kBt709 = 1,
    kUnspecified = 2,
    kBt470bg = 5,
    kSmpte170m = 6,
    kBt2020 = 9,
    kP3 = 12
};
enum class Transfer : std::uint8_t {
    kBt709 = 1,
    kUnspecified = 2,
    kGamma22 = 4,
    kSmpte170m = 6,
    kLinear = 8,
    kSrgb = 13,
    kBt2020Ten = 14,
    kPq = 16,
    kHlg = 18
};
enum class Matrix : std::uint8_t {
    kRgb = 0,
    kBt709 = 1,
    kUnspecified = 2,
    kFcc = 4,
    kBt470bg = 5,
    kSmpte170m = 6,
    kSmpte240m = 7,
    kYcgco = 8,
    kBt2020 = 9
};
enum class ColourRange : std::uint8_t { kUnspecified = 0, kLimited = 1, kFull = 2 };
// Where a chroma sample lies between the luma samples it serves (H.273 ChromaLocType + 1; 0 = not said).
enum class ChromaPlace : std::uint8_t {
    kUnspecified = 0,
    kLeft = 1,
    kCentre = 2,
    kTopLeft = 3,
    kTop = 4,
    kBottomLeft = 5,
    kBottom = 6
};

struct ColourTags {
    Primaries primaries = Primaries::kUnspecified;
    Transfer transfer = Transfer::kUnspecified;
    Matrix matrix = Matrix::kUnspecified;
    ColourRange range = ColourRange::kUnspecified;
    ChromaPlace chromaPlace = ChromaPlace::kUnspecified;

    bool operator==(const ColourTags&) const = default;
};

// What an unspecified tag is taken to mean when a picture is converted: matrix BT.709 from 720 lines (or 1280
// columns) on, else BT.601; limited range for YUV, full for RGB and for FFmpeg's "yuvj" formats; chroma left. Never
// written back.
ColourTags effectiveTags(ColourTags tags, int width, int height, bool isYuv);

// Luma weights of R and B (H.273 table 4): Y = kr R + (1 - kr - kb) G + kb B.
struct LumaWeights {
    double kr, kb;
};
LumaWeights lumaWeights(Matrix matrix);

std::string tagsText(const ColourTags& tags); // "BT.709, limited range"; "colour not tagged" where nothing is said

} // namespace reelmend::video
