// The body of convert_kernels_*.cpp: plain loops that the compiler vectorises. Nothing from the standard library is
// called here, since an inline function compiled for AVX2 could be picked by the linker for everybody.
#include "core/video/convert_kernels.h"

namespace reelmend::video::detail {
namespace {

void load8(const std::uint8_t* __restrict in, float* __restrict out, int count)
{
    for (int i = 0; i < count; ++i) {
        out[i] = static_cast<float>(in[i]);
    }
}

void load16(const std::uint8_t* __restrict in, int shift, std::uint32_t mask, float* __restrict out, int count)
{
    for (int i = 0; i < count; ++i) {
        std::uint16_t word;
        __builtin_memcpy(&word, in + 2 * i, 2);
        out[i] = static_cast<float>(static_cast<std::int32_t>((word >> shift) & mask));
    }
}

void blend(const float* __restrict a, const float* __restrict b, float weightOfB, float* __restrict out, int count)
{
    const float weightOfA = 1 - weightOfB;
    for (int i = 0; i < count; ++i) {
        out[i] = a[i] * weightOfA + b[i] * weightOfB;
    }
}

void doubleLeft(const float* __restrict in, float* __restrict out, int count)
{
    for (int i = 0; i < count; ++i) {
        out[2 * i] = in[i];
        out[2 * i + 1] = 0.5F * (in[i] + in[i + 1]);
    }
}

void doubleCentre(const float* __restrict in, float* __restrict out, int count)
{
    for (int i = 0; i < count; ++i) {
        const float own = 0.75F * in[i];
        out[2 * i] = own + 0.25F * in[i - 1];
        out[2 * i + 1] = own + 0.25F * in[i + 1];
    }
}

void halveLeft(const float* __restrict in, float* __restrict out, int count)
{
    for (int i = 0; i < count; ++i) {
        out[i] = 0.5F * in[2 * i] + 0.25F * (in[2 * i - 1] + in[2 * i + 1]);
    }
}

void halveCentre(const float* __restrict in, float* __restrict out, int count)
{
    for (int i = 0; i < count; ++i) {
        out[i] = 0.5F * (in[2 * i] + in[2 * i + 1]);
    }
}

void yuvToRgb(const ToRgbMatrix& m, const float* __restrict y, const float* __restrict u, const float* __restrict v,
    float* __restrict r, float* __restrict g, float* __restrict b, int count)
{
    const ToRgbMatrix k = m;
    for (int i = 0; i < count; ++i) {
        const float luma = (y[i] - k.lumaOffset) * k.lumaScale;
        const float cb = u[i] - k.chromaOffset;
        const float cr = v[i] - k.chromaOffset;
        r[i] = luma + (cb * k.fromU[0] + cr * k.fromV[0]);
        g[i] = luma + (cb * k.fromU[1] + cr * k.fromV[1]);
        b[i] = luma + (cb * k.fromU[2] + cr * k.fromV[2]);
    }
}

// The order of the comparisons turns NaN into 0.
inline std::int32_t rounded(float value, float top)
{
    value = value + 0.5F;
    value = value > 0 ? value : 0;
    value = value < top + 0.5F ? value : top;
    return static_cast<std::int32_t>(value);
}

// The same up to 255 for values that are known to be small: clamping integers takes two instructions.
inline std::uint8_t byteOf(float value)
{
    const auto whole = static_cast<std::int32_t>(value + 0.5F);
    const std::int32_t positive = whole > 0 ? whole : 0;
    return static_cast<std::uint8_t>(positive < 255 ? positive : 255);
}

using Bytes = std::uint8_t __attribute__((vector_size(16)));

// 16 pixels R G B. The byte shuffles become one instruction each where the processor has it.
inline void interleave16Pixels(const std::uint8_t* r, const std::uint8_t* g, const std::uint8_t* b, std::uint8_t* out)
{
    Bytes vr, vg, vb;
    __builtin_memcpy(&vr, r, 16);
    __builtin_memcpy(&vg, g, 16);
    __builtin_memcpy(&vb, b, 16);
    constexpr int x = 0; // the other operand follows
    const Bytes rg0 = __builtin_shufflevector(vr, vg, 0, 16, x, 1, 17, x, 2, 18, x, 3, 19, x, 4, 20, x, 5);
    const Bytes rg1 = __builtin_shufflevector(vr, vg, 21, x, 6, 22, x, 7, 23, x, 8, 24, x, 9, 25, x, 10, 26);
    const Bytes rg2 = __builtin_shufflevector(vr, vg, x, 11, 27, x, 12, 28, x, 13, 29, x, 14, 30, x, 15, 31, x);
    const Bytes rgb0 = __builtin_shufflevector(rg0, vb, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15);
    const Bytes rgb1 = __builtin_shufflevector(rg1, vb, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15);
    const Bytes rgb2 = __builtin_shufflevector(rg2, vb, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31);
    __builtin_memcpy(out, &rgb0, 16);
    __builtin_memcpy(out + 16, &rgb1, 16);
    __builtin_memcpy(out + 32, &rgb2, 16);
}

void yuvToPacked8(const ToRgbMatrix& m, const std::uint8_t* __restrict y, const float* __restrict u,
    const float* __restrict v, int channels, std::uint8_t* __restrict out, int count)
{
    constexpr int kBlock = 64; // small enough to stay in the nearest cache
    const ToRgbMatrix k = m;
    alignas(64) std::uint8_t r[kBlock];
    alignas(64) std::uint8_t g[kBlock];
    alignas(64) std::uint8_t b[kBlock];
    const auto convert = [&](int begin, int size) {
        for (int i = 0; i < size; ++i) {
            const float luma = (static_cast<float>(y[begin + i]) - k.lumaOffset) * k.lumaScale;
            const float cb = u[begin + i] - k.chromaOffset;
            const float cr = v[begin + i] - k.chromaOffset;
            r[i] = byteOf(luma + (cb * k.fromU[0] + cr * k.fromV[0]));
            g[i] = byteOf(luma + (cb * k.fromU[1] + cr * k.fromV[1]));
            b[i] = byteOf(luma + (cb * k.fromU[2] + cr * k.fromV[2]));
        }
    };
    int begin = 0;
    for (; begin + kBlock <= count; begin += kBlock) {
        convert(begin, kBlock);
        if (channels == 4) {
            std::uint8_t* to = out + 4 * begin;
            for (int i = 0; i < kBlock; ++i) {
                const std::uint32_t pixel = static_cast<std::uint32_t>(b[i]) | static_cast<std::uint32_t>(g[i]) << 8 |
                                            static_cast<std::uint32_t>(r[i]) << 16 | 0xff000000u;
                __builtin_memcpy(to + 4 * i, &pixel, 4);
            }
        } else {
            for (int i = 0; i < kBlock; i += 16) {
                interleave16Pixels(r + i, g + i, b + i, out + 3 * (begin + i));
            }
        }
    }
    convert(begin, count - begin);
    for (int i = 0; i < count - begin; ++i) {
        std::uint8_t* to = out + channels * (begin + i);
        to[0] = channels == 4 ? b[i] : r[i];
        to[1] = g[i];
        to[2] = channels == 4 ? r[i] : b[i];
        if (channels == 4) {
            to[3] = 255;
        }
    }
}

void rgbToYuv(const FromRgbMatrix& m, const float* __restrict r, const float* __restrict g, const float* __restrict b,
    float* __restrict y, float* __restrict u, float* __restrict v, int count)
{
    const FromRgbMatrix k = m;
    for (int i = 0; i < count; ++i) {
        y[i] = k.row[0][0] * r[i] + k.row[0][1] * g[i] + k.row[0][2] * b[i] + k.offset[0];
        u[i] = k.row[1][0] * r[i] + k.row[1][1] * g[i] + k.row[1][2] * b[i] + k.offset[1];
        v[i] = k.row[2][0] * r[i] + k.row[2][1] * g[i] + k.row[2][2] * b[i] + k.offset[2];
    }
}

void scale(float* __restrict row, float offset, float factor, int count)
{
    for (int i = 0; i < count; ++i) {
        row[i] = (row[i] - offset) * factor;
    }
}

void add(float* __restrict sum, const float* __restrict row, float weight, int count)
{
    for (int i = 0; i < count; ++i) {
        sum[i] += row[i] * weight;
    }
}

void store8(const float* __restrict in, float top, std::uint8_t* __restrict out, int count)
{
    for (int i = 0; i < count; ++i) {
        out[i] = static_cast<std::uint8_t>(rounded(in[i], top));
    }
}

void store16(const float* __restrict in, float top, int shift, std::uint8_t* __restrict out, int count)
{
    for (int i = 0; i < count; ++i) {
        const auto word = static_cast<std::uint16_t>(rounded(in[i], top) << shift);
        __builtin_memcpy(out + 2 * i, &word, 2);
    }
}

template <class T>
void interleave(const T* __restrict r, const T* __restrict g, const T* __restrict b, const T* __restrict a,
    T* __restrict out, int count)
{
    if (a == nullptr) {
        for (int i = 0; i < count; ++i) {
            out[3 * i] = r[i];
            out[3 * i + 1] = g[i];
            out[3 * i + 2] = b[i];
        }
        return;
    }
    for (int i = 0; i < count; ++i) {
        out[4 * i] = r[i];
        out[4 * i + 1] = g[i];
        out[4 * i + 2] = b[i];
        out[4 * i + 3] = a[i];
    }
}

template <class T>
void split(const T* __restrict in, int channels, float* __restrict r, float* __restrict g, float* __restrict b,
    float* __restrict a, int count)
{
    if (channels == 3) {
        for (int i = 0; i < count; ++i) {
            r[i] = static_cast<float>(in[3 * i]);
            g[i] = static_cast<float>(in[3 * i + 1]);
            b[i] = static_cast<float>(in[3 * i + 2]);
        }
        return;
    }
    for (int i = 0; i < count; ++i) {
        r[i] = static_cast<float>(in[4 * i]);
        g[i] = static_cast<float>(in[4 * i + 1]);
        b[i] = static_cast<float>(in[4 * i + 2]);
    }
    for (int i = 0; a != nullptr && i < count; ++i) {
        a[i] = static_cast<float>(in[4 * i + 3]);
    }
}

constexpr Kernels kTable = {load8, load16, blend, doubleLeft, doubleCentre, halveLeft, halveCentre, yuvToRgb,
    yuvToPacked8, rgbToYuv, scale, add, store8, store16, interleave<std::uint8_t>, interleave<std::uint16_t>,
    interleave<float>, split<std::uint8_t>, split<std::uint16_t>, split<float>};

} // namespace
} // namespace reelmend::video::detail
