#include "core/video/chroma.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace reelmend::video::detail {

Siting horizontalSiting(ChromaPlace place)
{
    switch (place) {
    case ChromaPlace::kCentre:
    case ChromaPlace::kTop:
    case ChromaPlace::kBottom:
        return Siting::kCentred;
    default:
        return Siting::kCosited;
    }
}

Siting verticalSiting(ChromaPlace place)
{
    switch (place) {
    case ChromaPlace::kTopLeft:
    case ChromaPlace::kTop:
        return Siting::kCosited;
    case ChromaPlace::kBottomLeft:
    case ChromaPlace::kBottom:
        return Siting::kLast;
    default:
        return Siting::kCentred;
    }
}

ChromaAxis::ChromaAxis(int lumaCount, int log2, Siting siting)
    : lumaCount_(lumaCount)
    , log2_(log2)
    , chromaCount_((lumaCount + (1 << log2) - 1) >> log2)
    , siting_(siting)
    , offset_(siting == Siting::kCosited ? 0.0F : static_cast<float>((1 << log2) - 1))
{
    const int size = 1 << log2;
    if (siting == Siting::kCentred) {
        offset_ *= 0.5F;
        taps_.assign(static_cast<std::size_t>(size), 1.0F / static_cast<float>(size));
        return;
    }
    const int centre = siting == Siting::kLast ? size - 1 : 0;
    firstTap_ = centre - (size - 1);
    for (int i = 1 - size; i < size; ++i) {
        taps_.push_back(static_cast<float>(size - std::abs(i)) / static_cast<float>(size * size));
    }
}

ChromaAxis::Up ChromaAxis::up(int luma) const
{
    const float place = (static_cast<float>(luma) - offset_) / static_cast<float>(1 << log2_);
    const float below = std::floor(place);
    const int first = static_cast<int>(below);
    return {std::clamp(first, 0, chromaCount_ - 1), std::clamp(first + 1, 0, chromaCount_ - 1), place - below};
}

int ChromaAxis::clampedLuma(int luma) const
{
    return std::clamp(luma, 0, lumaCount_ - 1);
}

ChromaAxis::Span ChromaAxis::servedBy(int chroma) const
{
    const int size = 1 << log2_;
    // Interpolation reaches less than one block to either side of where the sample lies.
    const float place = static_cast<float>(chroma * size) + offset_;
    int begin = static_cast<int>(std::floor(place - static_cast<float>(size))) + 1;
    int end = static_cast<int>(std::ceil(place + static_cast<float>(size)));
    begin = std::min(begin, chroma * size);
    end = std::max(end, (chroma + 1) * size);
    if (chroma == chromaCount_ - 1) {
        end = lumaCount_; // the edge's value is used for everything behind it
    }
    return {std::max(chroma == 0 ? 0 : begin, 0), std::min(end, lumaCount_)};
}

} // namespace reelmend::video::detail
