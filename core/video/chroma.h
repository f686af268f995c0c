#pragma once
#include <vector>

#include "core/video/colour.h"

// Where subsampled chroma lies, along one axis (H.273, ChromaLocType).
namespace reelmend::video::detail {

enum class Siting { kCosited, kCentred, kLast }; // with the first luma sample of its block, its middle, its last

Siting horizontalSiting(ChromaPlace place);
Siting verticalSiting(ChromaPlace place);

// Linear interpolation and its counterpart along an axis of `lumaCount` samples, `1 << log2` luma samples a block.
class ChromaAxis {
public:
    ChromaAxis(int lumaCount, int log2, Siting siting);

    struct Up {
        int first, second; // chroma samples, inside the picture
        float weight;      // of `second`; multiples of 1/8, so that results are exact
    };
    Up up(int luma) const;

    // Weights of the luma samples blockStart + firstTap … around block `chroma`; the box (centred) or the triangle.
    int firstTap() const { return firstTap_; }
    const std::vector<float>& taps() const { return taps_; }
    int clampedLuma(int luma) const;

    // Luma samples [begin, end) that use chroma sample `chroma`: by this interpolation, or as the nearest one.
    struct Span {
        int begin, end;
    };
    Span servedBy(int chroma) const;

    int chromaCount() const { return chromaCount_; }
    int block() const { return 1 << log2_; }
    Siting siting() const { return siting_; }

private:
    int lumaCount_, log2_, chromaCount_;
    Siting siting_;
    float offset_; // of a chroma sample from the first luma sample of its block
    int firstTap_ = 0;
    std::vector<float> taps_;
};

} // namespace reelmend::video::detail
