#include "core/vision/patch_fill.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "core/vision/patch_match.h"
#include "core/vision/smooth_fill.h"

namespace reelmend::vision {

namespace {

using detail::PatchMatch;

struct Level {
    video::Image8 rgb, hole, source;
};

// Half the size; a pixel is a hole where any of its four is, so that known pixels stay pure.
Level halved(const Level& fine)
{
    const int width = fine.rgb.width / 2;
    const int height = fine.rgb.height / 2;
    Level out{video::Image8(width, height, 3), video::Image8(width, height, 1), video::Image8(width, height, 1)};
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            bool isHole = false;
            bool isSource = true;
            int known = 0;
            std::array<int, 3> sum{};
            for (int j = 2 * y; j < 2 * y + 2; ++j) {
                for (int i = 2 * x; i < 2 * x + 2; ++i) {
                    const bool bad = fine.hole.row(j)[i] > 0;
                    isHole = isHole || bad;
                    isSource = isSource && fine.source.row(j)[i] > 0;
                    known += bad ? 0 : 1;
                    for (std::size_t c = 0; c < 3 && !bad; ++c) {
                        sum[c] += fine.rgb.row(j)[3 * i + static_cast<int>(c)];
                    }
                }
            }
            out.hole.row(y)[x] = isHole ? 255 : 0;
            out.source.row(y)[x] = isSource ? 255 : 0;
            for (std::size_t c = 0; c < 3 && known > 0; ++c) {
                out.rgb.row(y)[3 * x + static_cast<int>(c)] = static_cast<std::uint8_t>((sum[c] + known / 2) / known);
            }
        }
    }
    return out;
}

// Distance from the deepest hole pixel to the hole's edge, about: how often it can be eroded.
int depthOf(video::Image8 hole)
{
    int depth = 0;
    for (bool any = true; any && depth < 4096; ++depth) {
        any = false;
        video::Image8 next = hole;
        for (int y = 0; y < hole.height; ++y) {
            for (int x = 0; x < hole.width; ++x) {
                if (hole.row(y)[x] == 0) {
                    continue;
                }
                const bool inner =
                    (x == 0 || hole.row(y)[x - 1] > 0) && (x + 1 == hole.width || hole.row(y)[x + 1] > 0) &&
                    (y == 0 || hole.row(y - 1)[x] > 0) && (y + 1 == hole.height || hole.row(y + 1)[x] > 0);
                next.row(y)[x] = inner ? 255 : 0;
                any = any || inner;
            }
        }
        hole = std::move(next);
    }
    return depth;
}

void smoothStart(Level& level)
{
    video::ImageF picture(level.rgb.width, level.rgb.height, 3);
    std::copy(level.rgb.pixels.begin(), level.rgb.pixels.end(), picture.pixels.begin());
    fillSmoothly(picture, level.hole);
    for (std::size_t i = 0; i < level.hole.pixels.size(); ++i) {
        for (std::size_t c = 0; c < 3 && level.hole.pixels[i] > 0; ++c) {
            level.rgb.pixels[3 * i + c] =
                static_cast<std::uint8_t>(std::clamp(picture.pixels[3 * i + c] + 0.5F, 0.0F, 255.0F));
        }
    }
}

// Copies the pieces that a coarser level found into a picture `factor` times as large.
void copyAlong(Level& level, const PatchMatch& found, int factor)
{
    const video::Image8 colours = level.rgb;
    for (int y = 0; y < level.rgb.height; ++y) {
        for (int x = 0; x < level.rgb.width; ++x) {
            if (level.hole.row(y)[x] == 0) {
                continue;
            }
            const int cx = std::min(x / factor, found.rgb().width - 1);
            const int cy = std::min(y / factor, found.rgb().height - 1);
            const PatchMatch::Match& m = found.match(cx, cy);
            const int sx = std::clamp(m.x * factor + x - cx * factor, 0, level.rgb.width - 1);
            const int sy = std::clamp(m.y * factor + y - cy * factor, 0, level.rgb.height - 1);
            std::copy_n(colours.row(sy) + 3 * sx, 3, level.rgb.row(y) + 3 * x);
        }
    }
}

} // namespace

video::Image8 patchFill(const video::Image8& rgb, const video::Image8& hole, const video::Image8& source,
    const PatchFillSettings& settings, const base::Control& control)
{
    Level full{rgb, hole, source};
    if (full.source.empty()) {
        full.source = video::Image8(rgb.width, rgb.height, 1, 255);
    }
    if (std::none_of(hole.pixels.begin(), hole.pixels.end(), [](std::uint8_t v) { return v > 0; })) {
        return rgb;
    }
    std::vector<Level> levels{full};
    std::size_t finest = 0; // level of the last search
    while (std::max(levels.back().rgb.width, levels.back().rgb.height) > settings.maximumSide) {
        levels.push_back(halved(levels.back()));
        ++finest;
    }
    // Down to where the hole is about as deep as a patch, as long as there is enough left to copy from.
    while (depthOf(levels.back().hole) > settings.patchRadius &&
           std::min(levels.back().rgb.width, levels.back().rgb.height) >= 8 * settings.patchRadius) {
        Level next = halved(levels.back());
        if (!PatchMatch(next.rgb, next.hole, next.source, settings.patchRadius, 1).hasSources()) {
            break;
        }
        levels.push_back(std::move(next));
    }
    std::unique_ptr<PatchMatch> coarser;
    for (std::size_t i = levels.size(); i-- > finest;) {
        Level& level = levels[i];
        auto match = std::make_unique<PatchMatch>(
            level.rgb, level.hole, level.source, settings.patchRadius, settings.seed + i);
        if (!match->hasSources()) {
            break;
        }
        video::Image8 features = PatchMatch::textureFeatures(level.rgb, level.hole);
        if (coarser == nullptr) {
            smoothStart(level);
            match = std::make_unique<PatchMatch>(
                level.rgb, level.hole, level.source, settings.patchRadius, settings.seed + i);
            match->setFeatures(std::move(features));
            match->randomMatches();
        } else {
            match->setFeatures(std::move(features));
            match->inheritMatches(*coarser);
            match->search(0); // distances of what was inherited
            match->vote(false);
        }
        const int rounds = coarser == nullptr ? 12 : i > finest ? 6 : 3;
        for (int round = 0; round < rounds; ++round) {
            control.checkpoint();
            match->search(round == 0 ? 4 : 2);
            match->vote(round + 1 == rounds && i == finest);
        }
        coarser = std::move(match);
    }
    if (coarser == nullptr) {
        smoothStart(full);
        return full.rgb;
    }
    if (finest == 0) {
        return coarser->rgb();
    }
    copyAlong(full, *coarser, 1 << finest);
    return full.rgb;
}

} // namespace reelmend::vision
