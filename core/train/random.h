#pragma once
#include <cmath>
#include <cstdint>
#include <numbers>

namespace reelmend::train {

// A small generator whose whole state is the key it was made with: sample k of a run is the same whatever was drawn
// before it, so data order and degradations survive a resume without being stored. (SplitMix64.)
class Random {
public:
    explicit Random(std::uint64_t key)
        : state_(key)
    {}
    Random(std::uint64_t seed, std::uint64_t step, std::uint64_t item)
        : state_(mixed(mixed(mixed(seed) ^ (step * 0x9E3779B97F4A7C15u)) ^ (item * 0xD1B54A32D192ED03u)))
    {}

    std::uint64_t bits() { return mixed(state_ += 0x9E3779B97F4A7C15u); }
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; } // [0, 1)
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    // One of 0 … count - 1.
    std::int64_t below(std::int64_t count)
    {
        return static_cast<std::int64_t>(uniform() * static_cast<double>(count));
    }
    bool chance(double probability) { return uniform() < probability; }
    double normal()
    {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        return radius * std::cos(2 * std::numbers::pi * uniform());
    }

private:
    static std::uint64_t mixed(std::uint64_t z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }

    std::uint64_t state_;
};

} // namespace reelmend::train
