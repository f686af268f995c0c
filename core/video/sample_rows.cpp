#include "core/video/sample_rows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/video/convert_kernels.h"

namespace reelmend::video::detail {

namespace {

static_assert(std::endian::native == std::endian::little, "samples are stored little endian");

using Component = PixelFormat::Component;

int wordBytes(const Component& c)
{
    return (c.shift + c.depth + 7) / 8;
}

std::uint32_t valueMask(const Component& c)
{
    return c.depth >= 32 ? ~0U : (1U << c.depth) - 1;
}

// True where the plane holds nothing but this component's words, one after the other.
bool fillsPlane(const PixelFormat& format, int component)
{
    const Component& c = format.components[static_cast<std::size_t>(component)];
    for (int i = 0; i < format.componentCount; ++i) {
        if (i != component && format.components[static_cast<std::size_t>(i)].plane == c.plane) {
            return false;
        }
    }
    return c.step == wordBytes(c) && c.offset == 0;
}

template <int kBytes> std::uint32_t readWord(const std::uint8_t* at)
{
    std::uint32_t word = 0;
    std::memcpy(&word, at, kBytes);
    return word;
}

template <int kBytes> void loadStrided(const Component& c, const std::uint8_t* in, float* out, int count)
{
    const std::uint32_t mask = valueMask(c);
    for (int i = 0; i < count; ++i) {
        out[i] = static_cast<float>(readWord<kBytes>(in + static_cast<std::ptrdiff_t>(i) * c.step) >> c.shift & mask);
    }
}

template <int kBytes> void storeStrided(const Component& c, const float* in, std::uint8_t* out, int count)
{
    const auto top = static_cast<float>(valueMask(c));
    for (int i = 0; i < count; ++i) {
        const float value = in[i] > 0 ? std::min(in[i] + 0.5F, top + 0.25F) : 0.0F;
        std::uint8_t* at = out + static_cast<std::ptrdiff_t>(i) * c.step;
        const std::uint32_t word = readWord<kBytes>(at) | static_cast<std::uint32_t>(value) << c.shift;
        std::memcpy(at, &word, kBytes);
    }
}

template <int kBytes>
void replace(const Component& c, const std::uint8_t* made, const std::uint8_t* selected, std::uint8_t* row, int count)
{
    const std::uint32_t mask = valueMask(c) << c.shift;
    for (int i = 0; i < count; ++i) {
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(i) * c.step;
        const std::uint32_t taken = selected[i] != 0 ? mask : 0;
        const std::uint32_t word = (readWord<kBytes>(row + at) & ~taken) | (readWord<kBytes>(made + at) & taken);
        std::memcpy(row + at, &word, kBytes);
    }
}

std::uint32_t readWord(const std::uint8_t* at, int bytes)
{
    std::uint32_t word = 0;
    std::memcpy(&word, at, static_cast<std::size_t>(bytes));
    return word;
}

void writeWord(std::uint8_t* at, std::uint32_t word, int bytes)
{
    std::memcpy(at, &word, static_cast<std::size_t>(bytes));
}

// IEEE 754 binary16, the only 16-bit float that pixel formats use.
float floatFromHalf(std::uint32_t half)
{
    const std::uint32_t sign = (half & 0x8000U) << 16;
    const std::uint32_t exponent = (half >> 10) & 31U;
    const std::uint32_t fraction = half & 1023U;
    if (exponent == 0) {
        const float value = std::ldexp(static_cast<float>(fraction), -24);
        return sign != 0 ? -value : value;
    }
    const std::uint32_t bits = exponent == 31 ? 0x7F800000U : (exponent + 112) << 23;
    return std::bit_cast<float>(sign | bits | (fraction << 13));
}

std::uint32_t halfFromFloat(float value)
{
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000U;
    const float size = std::fabs(value);
    if (std::isnan(value)) {
        return sign | 0x7E00U;
    }
    if (size >= 65520.0F) { // halfway above the largest half, 65504
        return sign | 0x7C00U;
    }
    if (size < 0x1p-14F) {
        return sign | static_cast<std::uint32_t>(std::nearbyint(size * 0x1p24F));
    }
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    const std::uint32_t even = (magnitude >> 13) & 1U;
    return sign | ((magnitude - (112U << 23) + 0xFFFU + even) >> 13);
}

} // namespace

void loadSamples(const PixelFormat& format, int component, const std::uint8_t* row, float* out, int count)
{
    const Component& c = format.components[static_cast<std::size_t>(component)];
    const std::uint8_t* in = row + c.offset;
    const int bytes = wordBytes(c);
    if (format.isFloat) {
        for (int i = 0; i < count; ++i) {
            const std::uint32_t word = readWord(in + static_cast<std::ptrdiff_t>(i) * c.step, bytes);
            out[i] = c.depth == 32 ? std::bit_cast<float>(word) : floatFromHalf(word);
        }
        return;
    }
    if (bytes == 1 && c.step == 1 && c.shift == 0 && c.depth == 8) {
        kernels().load8(in, out, count);
    } else if (bytes == 2 && c.step == 2) {
        kernels().load16(in, c.shift, valueMask(c), out, count);
    } else {
        constexpr std::array kLoad = {loadStrided<1>, loadStrided<2>, loadStrided<3>, loadStrided<4>};
        kLoad[static_cast<std::size_t>(bytes - 1)](c, in, out, count);
    }
}

void storeSamples(const PixelFormat& format, int component, const float* in, std::uint8_t* row, int count)
{
    const Component& c = format.components[static_cast<std::size_t>(component)];
    std::uint8_t* out = row + c.offset;
    const int bytes = wordBytes(c);
    if (format.isFloat) {
        for (int i = 0; i < count; ++i) {
            writeWord(out + static_cast<std::ptrdiff_t>(i) * c.step,
                c.depth == 32 ? std::bit_cast<std::uint32_t>(in[i]) : halfFromFloat(in[i]), bytes);
        }
        return;
    }
    const auto top = static_cast<float>(valueMask(c));
    if (bytes == 1 && c.shift == 0 && fillsPlane(format, component)) {
        kernels().store8(in, top, out, count);
    } else if (bytes == 2 && fillsPlane(format, component)) {
        kernels().store16(in, top, c.shift, out, count);
    } else {
        constexpr std::array kStore = {storeStrided<1>, storeStrided<2>, storeStrided<3>, storeStrided<4>};
        kStore[static_cast<std::size_t>(bytes - 1)](c, in, out, count);
    }
}

void replaceSamples(const PixelFormat& format, int component, const std::uint8_t* made, const std::uint8_t* selected,
    std::uint8_t* row, int count)
{
    const Component& c = format.components[static_cast<std::size_t>(component)];
    constexpr std::array kReplace = {replace<1>, replace<2>, replace<3>, replace<4>};
    kReplace[static_cast<std::size_t>(wordBytes(c) - 1)](c, made + c.offset, selected, row + c.offset, count);
}

bool needsClearing(const PixelFormat& format, int plane)
{
    for (int i = 0; i < format.componentCount; ++i) {
        if (format.components[static_cast<std::size_t>(i)].plane == plane && !fillsPlane(format, i)) {
            return true;
        }
    }
    return false;
}

} // namespace reelmend::video::detail
