#include "core/train/evaluate.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/models/lite_forward.h"
#include "core/perceptual/scores.h"
#include "core/train/degrade.h"

namespace reelmend::train {

namespace {

using models::LiteCondition;

at::Tensor tensorOf(const Pixels& p)
{
    return at::from_blob(const_cast<float*>(p.values.data()), {p.frames, p.channels, p.height, p.width}, at::kFloat)
        .clone();
}

struct Case {
    std::string damage;
    LiteCondition condition;
    Degraded given;
    std::vector<at::Tensor> baselines; // [frames, 3, h, w] in [0, 1]
    bool againstInput = true;          // what is given is a baseline too
};

// Median over five frames, the clip's ends repeated.
at::Tensor temporalMedian(const at::Tensor& frames)
{
    const std::int64_t n = frames.size(0);
    std::vector<at::Tensor> shifted;
    for (std::int64_t d = -2; d <= 2; ++d) {
        shifted.push_back(frames.index_select(0, (at::arange(n) + d).clamp(0, n - 1)));
    }
    return std::get<0>(at::stack(shifted).median(0));
}

// Reinhard's transfer: inside the mask, each channel gets the mean and deviation that it has outside.
at::Tensor colourTransfer(const at::Tensor& frames, const at::Tensor& mask)
{
    const auto statistics = [&](const at::Tensor& weight) {
        const at::Tensor sum = weight.sum({0, 2, 3}, true).clamp_min(1);
        const at::Tensor mean = (frames * weight).sum({0, 2, 3}, true) / sum;
        const at::Tensor deviation = (((frames - mean).square() * weight).sum({0, 2, 3}, true) / sum).sqrt();
        return std::pair(mean, deviation);
    };
    const auto [inside, insideDeviation] = statistics(mask);
    const auto [outside, outsideDeviation] = statistics(1 - mask);
    const at::Tensor moved = (frames - inside) / insideDeviation.clamp_min(1e-3) * outsideDeviation + outside;
    return frames + (moved.clamp(0, 1) - frames) * mask;
}

Scores scoresOf(const at::Tensor& result, const at::Tensor& clean, const at::Tensor& mask,
    const perceptual::Lpips& lpips, const perceptual::FlowFunction& flow)
{
    const at::Tensor d = (result.clamp(0, 1) * 255).round() - clean * 255;
    const at::Tensor weight = (mask > 0.5).to(at::kFloat);
    const at::Tensor error = (d.square() * weight).sum({1, 2, 3}) / (weight.sum({1, 2, 3}) * 3).clamp_min(1);
    Scores s;
    s.psnr = (10 * (255.0 * 255.0 / error.clamp_min(1e-3)).log10()).mean().item<double>();
    s.lpips = lpips.distance(result.clamp(0, 1) * 2 - 1, clean * 2 - 1, true).mean().item<double>();
    s.gmsd = perceptual::gmsd(result.clamp(0, 1), clean).mean().item<double>();
    const std::int64_t n = d.size(0);
    s.flicker = (d.narrow(0, 1, n - 1) - d.narrow(0, 0, n - 1)).abs().mean().item<double>();
    if (flow) {
        s.ewarp = 1000 * perceptual::warpingError(result.clamp(0, 1), flow).mean().item<double>();
    }
    return s;
}

// The one that is best in PSNR, and by itself the best LPIPS.
Scores bestOf(const std::vector<Scores>& all)
{
    Scores best =
        *std::max_element(all.begin(), all.end(), [](const Scores& a, const Scores& b) { return a.psnr < b.psnr; });
    for (const Scores& s : all) {
        best.lpips = std::min(best.lpips, s.lpips);
    }
    return best;
}

// [frames, 3, h, w] in [0, 1]
at::Tensor run(
    const models::LiteWeights& folded, const at::Tensor& picture, const at::Tensor& mask, const at::Tensor& trust)
{
    const at::Tensor input = at::cat({picture * 2 - 1, mask, trust}, 1);
    models::lite::PassCache cache;
    std::vector<at::Tensor> parts;
    for (std::int64_t first = 0; first < input.size(0);) {
        const std::int64_t count = first == 0 ? 1 : models::kLiteGroupFrames;
        if (first + count > input.size(0)) {
            break;
        }
        parts.push_back(models::lite::pass(
            folded, input.narrow(0, first, count).contiguous(at::MemoryFormat::ChannelsLast), count, cache));
        first += count;
    }
    const at::Tensor result = at::cat(parts, 0) * 0.5 + 0.5;
    return picture + (result - picture) * mask; // outside the mask the source stays
}

std::vector<Case> casesOf(
    const ClipPack& pack, const PackedSegment& s, const EvaluationSettings& settings, const Pixels& clean)
{
    std::vector<Case> cases;
    const Pixels one(settings.frames, 1, s.height, s.width, 1);
    for (const PackedVariant& v : s.variants) {
        Pixels p = pack.read(v.tensor, 0, settings.frames, 0, 0, s.height / v.scale, s.width / v.scale);
        const auto whole = [&](const std::string& tensor) {
            return pack.read(tensor, 0, settings.frames, 0, 0, s.height, s.width);
        };
        if (v.kind == PackedKind::kInpaint) {
            cases.push_back({"inpaint", LiteCondition::kInpaint, {std::move(p), whole(v.mask), whole(v.trust)}, {}});
            continue;
        }
        std::vector<at::Tensor> baselines;
        for (const std::string& baseline : v.baselines) {
            baselines.push_back(tensorOf(whole(baseline)));
        }
        if (v.scale > 1) {
            p = resized(p, s.height, s.width, Filter::kLanczos);
            clampToUnit(p);
        }
        const LiteCondition condition = v.kind == PackedKind::kRestore ? LiteCondition::kRestore
                                        : v.scale == 2                 ? LiteCondition::kUpscale2
                                                                       : LiteCondition::kUpscale4;
        cases.push_back(
            {v.tensor.substr(v.tensor.find('.') + 1), condition, {std::move(p), one, one}, std::move(baselines)});
    }
    if (settings.synthetic && !s.has(PackedKind::kInpaint)) {
        Random random(99, static_cast<std::uint64_t>(s.height), static_cast<std::uint64_t>(s.width));
        const Pixels matte =
            s.mask.empty() ? Pixels() : pack.read(s.mask, 0, settings.frames, 0, 0, s.height, s.width);
        cases.push_back({"inpaint-drawn", LiteCondition::kInpaint, holed(clean, {}, random), {}});
        cases.push_back({"repair", LiteCondition::kRepair, rendered(clean, random), {}});
        cases.back().baselines.push_back(temporalMedian(tensorOf(cases.back().given.picture)));
        cases.push_back({"repair-unseen", LiteCondition::kRepair, swimming(clean, random), {}});
        cases.back().baselines.push_back(temporalMedian(tensorOf(cases.back().given.picture)));
        cases.push_back({"harmonise", LiteCondition::kHarmonise, inserted(clean, matte, random), {}});
        cases.push_back(cases.back());
        cases.back().damage = "harmonise-transfer";
        cases.back().againstInput = false;
        const Degraded& object = cases.back().given;
        cases.back().baselines.push_back(colourTransfer(tensorOf(object.picture), tensorOf(object.mask)));
    }
    return cases;
}

} // namespace

std::vector<Evaluation> evaluate(const models::LiteWeights& weights, const ClipPack& pack,
    const perceptual::Lpips& lpips, const EvaluationSettings& settings)
{
    const at::NoGradGuard noGrad;
    std::vector<Evaluation> all;
    for (const PackedSegment& segment : pack.segments()) {
        const Pixels clean = pack.read(segment.tensor, 0, settings.frames, 0, 0, segment.height, segment.width);
        const at::Tensor truth = tensorOf(clean);
        for (const Case& c : casesOf(pack, segment, settings, clean)) {
            const at::Tensor picture = tensorOf(c.given.picture), mask = tensorOf(c.given.mask);
            const at::Tensor trust = tensorOf(c.given.trust);
            std::vector<Scores> others;
            if (c.againstInput) {
                others.push_back(scoresOf(picture, truth, mask, lpips, settings.flow));
            }
            for (const at::Tensor& baseline : c.baselines) {
                others.push_back(scoresOf(baseline, truth, mask, lpips, settings.flow));
            }
            const Scores before = bestOf(others);
            for (const double detail : settings.details) {
                const auto condition = static_cast<std::int64_t>(c.condition);
                const auto folded =
                    models::folded(weights, condition, weights.dial(condition, detail), at::kBFloat16);
                const Scores after = scoresOf(run(folded, picture, mask, trust), truth, mask, lpips, settings.flow);
                all.push_back({segment.name, c.damage, detail, before, after});
            }
        }
    }
    return all;
}

std::string jsonText(const std::vector<Evaluation>& all)
{
    nlohmann::json list = nlohmann::json::array();
    const auto scores = [](const Scores& s) {
        return nlohmann::json{
            {"psnr", s.psnr}, {"lpips", s.lpips}, {"gmsd", s.gmsd}, {"flicker", s.flicker}, {"ewarp", s.ewarp}};
    };
    for (const Evaluation& e : all) {
        list.push_back({{"clip", e.clip}, {"damage", e.damage}, {"detail", e.detail}, {"before", scores(e.before)},
            {"after", scores(e.after)}});
    }
    return list.dump(1);
}

std::string summary(const std::vector<Evaluation>& all)
{
    std::map<std::pair<std::string, double>, std::vector<const Evaluation*>> groups;
    for (const Evaluation& e : all) {
        groups[{e.damage, e.detail}].push_back(&e);
    }
    std::string text;
    for (const auto& [key, list] : groups) {
        double gmsd = 0, gmsdBefore = 0, gain = 0, before = 0, lpips = 0, lpipsBefore = 0, flicker = 0,
               flickerBefore = 0;
        for (const Evaluation* e : list) {
            gain += e->after.psnr - e->before.psnr;
            before += e->before.psnr;
            lpips += e->after.lpips;
            lpipsBefore += e->before.lpips;
            gmsd += e->after.gmsd;
            gmsdBefore += e->before.gmsd;
            flicker += e->after.flicker;
            flickerBefore += e->before.flicker;
        }
        const auto n = static_cast<double>(list.size());
        char line[200];
        std::snprintf(line, sizeof line,
            "%-12s u %.1f  %6.2f dB %+6.3f  LPIPS %.4f %+6.1f %%  GMSD %+6.1f %%  flicker %+6.1f %%\n",
            key.first.c_str(), key.second, before / n, gain / n, lpipsBefore / n, 100 * (lpips / lpipsBefore - 1),
            100 * (gmsd / gmsdBefore - 1), 100 * (flicker / flickerBefore - 1));
        text += line;
    }
    return text;
}

} // namespace reelmend::train
