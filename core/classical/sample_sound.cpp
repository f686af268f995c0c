#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/classical/sample_paint.h"
#include "core/classical/sample_scene.h"

namespace reelmend::classical {

namespace {

class Noise {
public:
    explicit Noise(std::uint64_t seed)
        : state_(seed * 0x9E3779B97F4A7C15ULL + 1)
    {}
    float next() // [-1, 1)
    {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<float>(static_cast<std::int32_t>(state_ >> 32)) * (1.0F / 2147483648.0F);
    }

private:
    std::uint64_t state_;
};

// Two-pole state-variable filter (Chamberlin): low and band outputs.
struct Filter {
    float low = 0, band = 0;
    void feed(float in, float hertz, float damping)
    {
        const float f = 2 * std::sin(3.14159265F * hertz / kSampleSoundRate);
        low += f * band;
        band += f * (in - low - damping * band);
    }
};

} // namespace

std::vector<float> makeSampleSound(double seconds, std::uint64_t seed)
{
    const auto count = static_cast<std::size_t>(std::max(seconds, 0.0) * kSampleSoundRate + 0.5);
    std::vector<float> out(2 * count);
    for (std::size_t channel = 0; channel < 2; ++channel) {
        Noise noise(seed * 2 + channel);
        Filter wind;
        Filter lap;
        Filter hiss;
        for (std::size_t i = 0; i < count; ++i) {
            const float t = static_cast<float>(i) / kSampleSoundRate;
            const float white = noise.next();
            const float shift = 0.7F * static_cast<float>(channel);
            // Wind swells and its pitch follows; water laps in short strokes; reeds hiss with the gusts.
            const float gust = paint::fbm(t * 0.7F + shift, 0.5F, 3, static_cast<std::uint32_t>(seed) + 3);
            wind.feed(white, 140 + 320 * gust, 0.9F);
            const float stroke = paint::noise(t * 2.6F + shift, 7.5F, static_cast<std::uint32_t>(seed) + 5);
            const float splash = std::pow(stroke, 5.0F);
            lap.feed(white, 420 + 500 * stroke, 0.25F);
            hiss.feed(white, 3800, 1.2F);
            float value =
                0.10F * wind.low * (0.3F + gust) + 0.050F * lap.band * splash + 0.012F * hiss.band * gust * gust;
            // A bird, twice, a little left and then a little right.
            for (const auto& [begin, pan] : {std::pair{1.15F, 0.3F}, std::pair{3.9F, 0.7F}}) {
                for (int note = 0; note < 3; ++note) {
                    const float local = t - begin - 0.16F * static_cast<float>(note);
                    if (local > 0 && local < 0.11F) {
                        const float shape = std::sin(3.14159265F * local / 0.11F);
                        const float phase =
                            6.2831853F * (2900 * local + 5200 * local * local * (note == 1 ? -1.0F : 1.0F));
                        value += 0.022F * shape * shape * std::sin(phase) * (channel == 0 ? 1 - pan : pan);
                    }
                }
            }
            // No click at either end.
            const float edge = std::min({1.0F, t * 20, (static_cast<float>(count - i)) / kSampleSoundRate * 20});
            out[2 * i + channel] = std::clamp(value * edge, -1.0F, 1.0F);
        }
    }
    return out;
}

} // namespace reelmend::classical
