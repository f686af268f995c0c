#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

// These loops are worth vectorising fully, and no code here looks at errno or floating-point exceptions.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3,no-math-errno,no-trapping-math")
#endif
// One version per instruction set, chosen when the program starts. Levels, not models of processors: a model is only
// taken on that very model.
#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define REELMEND_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define REELMEND_CLONES
#endif
#define REELMEND_INLINE inline __attribute__((always_inline))

// What the kernels over rows of channels are made of; included by their .cpp files only.
namespace reelmend::tensor::cpu {

namespace {

REELMEND_INLINE float load(float value)
{
    return value;
}
REELMEND_INLINE double load(double value)
{
    return value;
}
REELMEND_INLINE float load(std::uint16_t bits)
{
    const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
    float value;
    std::memcpy(&value, &wide, sizeof value);
    return value;
}

REELMEND_INLINE void store(float& to, float value)
{
    to = value;
}
REELMEND_INLINE void store(double& to, double value)
{
    to = value;
}
REELMEND_INLINE void store(std::uint16_t& to, float value)
{
    std::uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    const std::uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16; // to nearest, ties to even
    to = static_cast<std::uint16_t>(value != value ? 0x7fc0u : rounded);
}

// exp for the vectoriser: 2^n * p(r) with |r| <= ln(2)/2, relative error below 2e-7 over the clamped range.
REELMEND_INLINE float exponential(float x)
{
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    const float magic = 12582912.0f; // 1.5 * 2^23: adding it rounds to a whole number in the low bits
    const float shifted = x * 1.44269504088896341f + magic;
    const float n = shifted - magic;
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    std::int32_t bits;
    std::memcpy(&bits, &shifted, sizeof bits);
    bits = (bits - 0x4b400000 + 127) << 23;
    float power;
    std::memcpy(&power, &bits, sizeof power);
    return p * power;
}
REELMEND_INLINE double exponential(double x)
{
    return std::exp(x);
}

} // namespace

} // namespace reelmend::tensor::cpu
