#pragma once
#include <cstdint>
#include <vector>

#include "core/video/convert.h"
#include "core/video/frame.h"
#include "core/video/image.h"

namespace reelmend::video {

// How footage that no ordinary screen shows as it is becomes an sRGB picture. For looking only: nothing that is
// written goes through this.
//   kLinear: linear light with 1 = white, encoded by the sRGB curve; more than white is clipped.
//   kPq:     SMPTE ST 2084 to cd/m² (equation 5.2), brought from a peak of 1000 to one of 203 cd/m² (the reference
//            white of ITU-R BT.2408) by the EETF of ITU-R BT.2390, section 5.4.1, on the largest of R, G, B.
//   kHlg:    ARIB STD-B67 to cd/m² on a display of 1000 (ITU-R BT.2100, table 5: system gamma 1.2), then as kPq.
// BT.2020 primaries become BT.709; what lies outside is clipped.
enum class DisplayTransform { kNone, kLinear, kPq, kHlg };

// Float samples without a stated transfer are linear light, as EXR has it.
DisplayTransform displayTransform(const ColourTags& tags, bool isFloat);

// One transform with its tables. Thread-safe.
class ScreenMap {
public:
    ScreenMap(DisplayTransform transform, Primaries primaries);

    // `count` pixels R G B of 16 bits, display-encoded as the clip has them -> R G B or opaque B G R A for the
    // screen.
    void row(const std::uint16_t* rgb, int count, PackedOrder order, std::uint8_t* out) const;

private:
    template <class Store> void eachPixel(const std::uint16_t* rgb, int count, Store store) const;

    DisplayTransform transform_;
    bool isWide_;                      // BT.2020
    std::vector<float> light_;         // by code: nominal light, [0, 1]
    std::vector<float> tone_;          // factor, by code (PQ) or by the root of light (HLG)
    std::vector<float> system_;        // HLG's system gamma, by the root of luminance
    std::vector<std::uint8_t> screen_; // by light
};

// The frame as a screen shows it: toRgb8() where no transform is needed.
Image8 toScreen8(const Frame& frame);

} // namespace reelmend::video
