#pragma once
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/control.h"
#include "core/enhance/prepared_clip.h"
#include "core/models/lite_forward.h"
#include "core/models/lite_weights.h"

// A clip through the `lite` network, group by group: memory is one group's, whatever the clip's length.
namespace reelmend::enhance {

// The dial where nobody says otherwise: much of the detail for little of the fidelity, in every task.
inline constexpr double kDefaultDetail = 0.5;

struct LiteSettings {
    models::LiteCondition condition = models::LiteCondition::kRestore;
    double detail = 0; // u in [0, 1]: fidelity to perception
    c10::Device device{c10::kCPU};
    c10::ScalarType dtype = c10::kFloat;

    bool operator==(const LiteSettings&) const = default;
};

using LiteClip = PreparedClip;

// Note [Groups of a clip]
// Frame 0 stands alone and group g holds frames 4 g - 3 … 4 g of the clip, wherever its shots begin. A shot's first
// frame goes through the network alone and gives the caches; where the shot begins inside a group, that group's
// earlier places hold the first frame again, and where it ends inside one, the later places its last frame. So what
// becomes of a frame depends on it and on the reach() groups before it alone: any range can be redone by itself, with
// the same bytes, without looking for the beginning of a long shot.

// Owned and used by one thread.
class LiteEnhancer {
public:
    // Folds the condition and the dial into a copy of the weights. Throws base::Error(kUsage) for a dial outside [0,
    // 1].
    LiteEnhancer(const models::LiteWeights& weights, const LiteSettings& settings, LiteClip clip);

    // The network's picture for a frame, of the prepared frame's size, not clamped. Ascending order is fast; a jump
    // costs reach() groups. Asks `clip` for frames in ascending order, up to three frames ahead and, after a jump,
    // lookBack() frames behind. Throws what the clip throws, Error(kUsage) outside of it, and Cancelled.
    video::ImageF make(std::int64_t frame, const base::Control& control);

    std::int64_t lookBack() const { return (weights_.config.reach() + 1) * models::kLiteGroupFrames; }

private:
    void runAlone(std::int64_t frame);
    void runGroup(std::int64_t group, std::int64_t first, std::int64_t end);
    at::Tensor pass(const at::Tensor& input, int width, int height);

    models::LiteWeights weights_; // folded
    LiteSettings settings_;
    LiteClip clip_;
    models::lite::PassCache cache_;
    std::int64_t nextGroup_ = -1;                               // that the cache is good for
    std::int64_t lastFrame_ = -1;                               // the newest that the cache has seen
    std::vector<std::pair<std::int64_t, video::ImageF>> ready_; // of the newest group
};

} // namespace reelmend::enhance
