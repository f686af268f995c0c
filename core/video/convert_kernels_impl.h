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

// The order of the comparisons turns NaN into 0.
inline std::int32_t rounded(float value, float top)
{
    value = value + 0.5F;
    value = value > 0 ? value : 0;
    value = value < top + 0.5F ? value : top;
    return static_cast<std::int32_t>(value);
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
    rgbToYuv, scale, add, store8, store16, interleave<std::uint8_t>, interleave<std::uint16_t>, interleave<float>,
    split<std::uint8_t>, split<std::uint16_t>, split<float>};

} // namespace
} // namespace reelmend::video::detail
