#include "core/train/batch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/train/degrade.h"
#include "core/train/random.h"

namespace reelmend::train {

namespace {

using models::LiteCondition;

constexpr std::int64_t kMargin = 8; // context beyond the crop, so that filters see no false border

struct Place {
    const PackedSegment* segment = nullptr;
    std::int64_t frame = 0, top = 0, left = 0; // of the crop, without margin
};

// How much there is to see: mean absolute step between neighbours.
double liveliness(const Pixels& p)
{
    double sum = 0;
    const auto g = p.plane(0, 1);
    for (std::int64_t y = 1; y < p.height; ++y) {
        for (std::int64_t x = 1; x < p.width; ++x) {
            const float here = g[y * p.width + x];
            sum += std::abs(here - g[y * p.width + x - 1]) + std::abs(here - g[(y - 1) * p.width + x]);
        }
    }
    return sum;
}

// A segment with filled holes, or one without; any where none such is met.
const PackedSegment& chooseSegment(const ClipPack& pack, bool withHoles, Random& random)
{
    const PackedSegment* segment = nullptr;
    for (int i = 0; i < 64; ++i) {
        segment = &pack.segments()[static_cast<std::size_t>(
            random.below(static_cast<std::int64_t>(pack.segments().size())))];
        if (segment->has(PackedKind::kInpaint) == withHoles) {
            break;
        }
    }
    return *segment;
}

double holeShare(const ClipPack& pack, const Place& p, std::int64_t frames, std::int64_t crop)
{
    const PackedVariant& variant = p.segment->variants.front();
    double sum = 0;
    for (const std::int64_t frame : {p.frame, p.frame + frames - 1}) {
        const Pixels mask = pack.read(variant.mask, frame, 1, p.top, p.left, crop, crop);
        for (const float v : mask.values) {
            sum += v;
        }
    }
    return sum / static_cast<double>(2 * crop * crop);
}

Place choosePlace(const ClipPack& pack, const BatchSettings& s, std::int64_t frames, std::int64_t grid,
    bool withHoles, Random& random)
{
    Place best;
    double most = -1;
    // Flat places teach little, and places without a hole nothing.
    const int candidates = withHoles ? 16 : random.chance(0.6) ? 2 : 1;
    for (int i = 0; i < candidates; ++i) {
        Place p;
        p.segment = withHoles && best.segment ? best.segment : &chooseSegment(pack, withHoles, random);
        const PackedSegment& segment = *p.segment;
        p.frame = random.below(std::max<std::int64_t>(1, segment.frames - frames + 1));
        p.top = random.below((std::max(segment.height, s.crop) - s.crop) / grid + 1) * grid;
        p.left = random.below((std::max(segment.width, s.crop) - s.crop) / grid + 1) * grid;
        if (withHoles && segment.has(PackedKind::kInpaint)) {
            const double share = std::min(holeShare(pack, p, frames, s.crop), 0.3);
            if (share > most) {
                most = share;
                best = p;
            }
            if (share > 0.1) {
                break;
            }
            continue;
        }
        const double score =
            candidates == 1 ? 0 : liveliness(pack.read(segment.tensor, p.frame, 1, p.top, p.left, s.crop, s.crop));
        if (score > most) {
            most = score;
            best = p;
        }
    }
    return best;
}

// An object's matte over the crop, from this footage or another; empty where none with a fair share of the crop is
// found.
Pixels chooseMatte(const ClipPack& pack, const Place& place, std::int64_t frames, std::int64_t size, Random& random)
{
    for (int i = 0; i < 4; ++i) {
        const bool own = i == 0 && !place.segment->mask.empty();
        const PackedSegment& from = own ? *place.segment
                                        : pack.segments()[static_cast<std::size_t>(
                                              random.below(static_cast<std::int64_t>(pack.segments().size())))];
        if (from.mask.empty()) {
            continue;
        }
        const std::int64_t top =
            own ? place.top - kMargin : random.below(std::max<std::int64_t>(1, from.height - size));
        const std::int64_t left =
            own ? place.left - kMargin : random.below(std::max<std::int64_t>(1, from.width - size));
        Pixels matte =
            pack.read(from.mask, own ? place.frame : random.below(from.frames), frames, top, left, size, size);
        double sum = 0;
        for (const float v : matte.values) {
            sum += v;
        }
        const double share = sum / static_cast<double>(matte.values.size());
        if (share > 0.05 && share < 0.7) {
            return matte;
        }
    }
    return {};
}

const PackedVariant* chooseVariant(const PackedSegment& s, PackedKind kind, std::int64_t scale, Random& random)
{
    const PackedVariant* chosen = nullptr;
    std::int64_t seen = 0;
    for (const PackedVariant& v : s.variants) {
        if (v.kind == kind && v.scale == scale && random.below(++seen) == 0) {
            chosen = &v;
        }
    }
    return chosen;
}

// Damage made on the fly, sometimes through a codec on top.
Pixels coded(Pixels picture, const BatchSettings& s, Random& random)
{
    return s.codec && random.chance(s.codecChance) ? s.codec->damaged(picture, random) : picture;
}

struct Sample {
    Pixels clean;
    Degraded given;
};

Pixels ones(std::int64_t frames, std::int64_t size)
{
    return Pixels(frames, 1, size, size, 1);
}

Sample makeSample(
    const ClipPack& pack, const BatchSettings& s, LiteCondition condition, std::int64_t frames, Random& random)
{
    const std::int64_t scale = condition == LiteCondition::kUpscale2   ? 2
                               : condition == LiteCondition::kUpscale4 ? 4
                                                                       : 1;
    const bool fromFill = condition == LiteCondition::kInpaint && random.chance(s.fillShare);
    const Place place = choosePlace(pack, s, frames, 4, fromFill, random);
    const PackedSegment& segment = *place.segment;
    const std::int64_t wide = s.crop + 2 * kMargin;
    const Pixels clean =
        pack.read(segment.tensor, place.frame, frames, place.top - kMargin, place.left - kMargin, wide, wide);
    Sample sample{cropped(clean, kMargin, kMargin, s.crop, s.crop), {}};
    sample.given.mask = ones(frames, wide);
    sample.given.trust = sample.given.mask;
    switch (condition) {
    case LiteCondition::kUpscale2:
    case LiteCondition::kUpscale4: {
        const PackedVariant* variant =
            random.chance(s.codecShare) ? chooseVariant(segment, PackedKind::kUpscale, scale, random) : nullptr;
        const Pixels small = variant ? pack.read(variant->tensor, place.frame, frames, (place.top - kMargin) / scale,
                                           (place.left - kMargin) / scale, wide / scale, wide / scale)
                                     : coded(reduced(clean, scale, random), s, random);
        sample.given.picture = resized(small, wide, wide, s.enlargement);
        clampToUnit(sample.given.picture);
        break;
    }
    case LiteCondition::kInpaint:
        if (fromFill && segment.has(PackedKind::kInpaint)) {
            const PackedVariant& v = segment.variants.front();
            const auto look = [&](const std::string& tensor) {
                return pack.read(tensor, place.frame, frames, place.top - kMargin, place.left - kMargin, wide, wide);
            };
            sample.given = {look(v.tensor), look(v.mask), look(v.trust)};
            break;
        }
        sample.given =
            holed(clean, random.chance(0.5) ? chooseMatte(pack, place, frames, wide, random) : Pixels(), random);
        break;
    case LiteCondition::kRepair:
        sample.given = rendered(clean, random);
        break;
    case LiteCondition::kHarmonise:
        sample.given =
            inserted(clean, random.chance(0.8) ? chooseMatte(pack, place, frames, wide, random) : Pixels(), random);
        break;
    default: {
        const PackedVariant* variant =
            random.chance(s.codecShare) ? chooseVariant(segment, PackedKind::kRestore, 1, random) : nullptr;
        sample.given.picture = variant ? pack.read(variant->tensor, place.frame, frames, place.top - kMargin,
                                             place.left - kMargin, wide, wide)
                                       : coded(worn(clean, random), s, random);
        break;
    }
    }
    for (Pixels* p : {&sample.given.picture, &sample.given.mask, &sample.given.trust}) {
        *p = cropped(*p, kMargin, kMargin, s.crop, s.crop);
    }
    return sample;
}

at::Tensor tensorOf(const Pixels& p)
{
    return at::from_blob(const_cast<float*>(p.values.data()), {p.frames, p.channels, p.height, p.width}, at::kFloat)
        .clone();
}

} // namespace

bool Batch::isUniform() const
{
    const auto same = [](const auto& list) {
        return std::adjacent_find(list.begin(), list.end(), std::not_equal_to<>()) == list.end();
    };
    return same(conditions) && same(details);
}

Batch Batch::to(c10::Device device) const
{
    const auto moved = [&](const at::Tensor& t) { return t.to(device, t.scalar_type(), /*non_blocking=*/true); };
    return device.is_cpu() ? *this : Batch{moved(input), moved(target), moved(weight), conditions, details};
}

Batch Batch::pinned(c10::Device device) const
{
    return device.is_cpu() ? *this
                           : Batch{input.pin_memory(), target.pin_memory(), weight.pin_memory(), conditions, details};
}

namespace {

std::int64_t drawCondition(const BatchSettings& settings, Random& random)
{
    std::int64_t condition = 0;
    double pick = random.uniform(0, std::accumulate(settings.conditions.begin(), settings.conditions.end(), 0.0));
    for (std::size_t i = 0; i < settings.conditions.size(); ++i) {
        if (settings.conditions[i] > 0) {
            condition = static_cast<std::int64_t>(i);
            if (pick < settings.conditions[i]) {
                break;
            }
            pick -= settings.conditions[i];
        }
    }
    return condition;
}

double drawDetail(const BatchSettings& settings, Random& random)
{
    return random.chance(settings.plainShare) ? 0 : random.uniform();
}

struct Clip {
    at::Tensor input, target, weight;
};

Clip clipOf(const Sample& sample, LiteCondition condition, Random& random)
{
    const bool masked = condition == LiteCondition::kInpaint || condition == LiteCondition::kHarmonise;
    const at::Tensor mask = tensorOf(sample.given.mask), trust = tensorOf(sample.given.trust);
    at::Tensor picture = tensorOf(sample.given.picture), clean = tensorOf(sample.clean);
    if (random.chance(0.3)) { // other light on both
        const double contrast = random.uniform(0.6, 1.0), lift = random.uniform(0, 1 - contrast);
        picture = picture * contrast + lift;
        clean = clean * contrast + lift;
    }
    // Where nothing may change the result is pasted back; it still teaches the seam.
    Clip clip{
        at::cat({picture * 2 - 1, mask, trust}, 1), clean * 2 - 1, masked ? mask * 2 + 0.2 : at::ones_like(mask)};
    const bool flipY = random.chance(0.5), flipX = random.chance(0.5), turn = random.chance(0.5);
    for (at::Tensor* t : {&clip.input, &clip.target, &clip.weight}) {
        if (flipY) {
            *t = t->flip({2});
        }
        if (flipX) {
            *t = t->flip({3});
        }
        if (turn) {
            *t = t->transpose(2, 3);
        }
        *t = t->contiguous();
    }
    return clip;
}

} // namespace

Batch drawBatch(
    const ClipPack& pack, const BatchSettings& settings, std::uint64_t seed, std::uint64_t step, std::uint64_t item)
{
    Random random(seed, step, item);
    const std::int64_t condition = drawCondition(settings, random);
    const double detail = drawDetail(settings, random);
    std::int64_t frames = settings.frames, clips = settings.clips;
    if (random.chance(settings.longShare)) {
        clips = std::max<std::int64_t>(1, clips * frames / (frames + models::kLiteGroupFrames));
        frames += models::kLiteGroupFrames;
    }
    Batch batch;
    std::vector<at::Tensor> inputs, targets, weights;
    for (std::int64_t i = 0; i < clips; ++i) {
        Random own(seed, step, item * 1024 + static_cast<std::uint64_t>(i) + 1'000'003);
        batch.conditions.push_back(settings.mixed ? drawCondition(settings, own) : condition);
        batch.details.push_back(settings.mixed ? drawDetail(settings, own) : detail);
        const auto asked = static_cast<LiteCondition>(batch.conditions.back());
        Clip clip = clipOf(makeSample(pack, settings, asked, frames, own), asked, own);
        inputs.push_back(std::move(clip.input));
        targets.push_back(std::move(clip.target));
        weights.push_back(std::move(clip.weight));
    }
    batch.input = at::stack(inputs);
    batch.target = at::stack(targets);
    batch.weight = at::stack(weights);
    return batch;
}

} // namespace reelmend::train
