#pragma once
#include <cstdint>
#include <vector>

#include "core/video/image.h"

namespace reelmend::vision::detail {

// Nearest patches of one picture for patches around its hole, and back to a picture: one level of patchFill().
class PatchMatch {
public:
    struct Match {
        std::int16_t x = -1, y = -1; // centre of the source patch
        float distance = 0;          // mean squared difference per pixel
    };

    // Five channels a pixel: RGB and two gradient features, 8 bits each (the fifth pads to eight bytes).
    PatchMatch(const video::Image8& rgb, const video::Image8& hole, const video::Image8& source, int radius,
        std::uint64_t seed);

    bool hasSources() const { return !sources_.empty(); }
    const video::Image8& rgb() const { return rgb_; }
    const video::Image8& features() const { return features_; }

    // Patches are those whose square touches the hole.
    void randomMatches();
    // Matches of a level half as large.
    void inheritMatches(const PatchMatch& coarser);
    void search(int iterations);
    // Replaces the hole by the weighted mean of the patches over it; `sharp` takes the nearest patch of each pixel.
    void vote(bool sharp);
    const Match& match(int x, int y) const { return matches_[index(x, y)]; }
    bool isTarget(int x, int y) const { return targetMap_.pixels[index(x, y)] > 0; }
    bool isSource(int x, int y) const
    {
        return x >= 0 && y >= 0 && x < rgb_.width && y < rgb_.height && sourceMap_.pixels[index(x, y)] > 0;
    }

    // Average |dx| and |dy| of the luma around each pixel, [0, 255] (known pixels only).
    void setFeatures(video::Image8 features);
    static video::Image8 textureFeatures(const video::Image8& rgb, const video::Image8& hole);

private:
    std::size_t index(int x, int y) const
    {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(rgb_.width) + static_cast<std::size_t>(x);
    }
    float distance(int x, int y, int sx, int sy, float bound) const;
    void improve(int x, int y, int sx, int sy, Match& best) const;
    void pack();
    std::uint32_t random(std::uint32_t below);

    video::Image8 rgb_, hole_, features_;
    video::Image8 sourceMap_, targetMap_;
    std::vector<std::uint8_t> packed_; // [height][width][8]
    std::vector<std::int32_t> targets_, sources_;
    std::vector<Match> matches_;
    int radius_;
    std::uint64_t state_;
};

} // namespace reelmend::vision::detail
