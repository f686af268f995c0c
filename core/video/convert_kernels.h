#pragma once
#include <cstdint>

// Inner loops of convert.h over rows of floats, compiled twice: for every x86-64 processor and with AVX2. Both give
// the same bits (no fused multiply-add in either), so a result does not depend on the machine.
namespace reelmend::video::detail {

// R, G, B = (Y - lumaOffset) * lumaScale + (U - chromaOffset) * fromU[i] + (V - chromaOffset) * fromV[i].
struct ToRgbMatrix {
    float lumaOffset, lumaScale, chromaOffset;
    float fromU[3], fromV[3];
};

// component[i] = row[i][0] * R + row[i][1] * G + row[i][2] * B + offset[i].
struct FromRgbMatrix {
    float row[3][3];
    float offset[3];
};

struct Kernels {
    void (*load8)(const std::uint8_t* in, float* out, int count);
    // Little-endian 16-bit words, not necessarily aligned: ((word >> shift) & mask).
    void (*load16)(const std::uint8_t* in, int shift, std::uint32_t mask, float* out, int count);
    void (*blend)(const float* a, const float* b, float weightOfB, float* out, int count);
    // Doubles a row; in[-1] and in[count] must be readable and hold the edge's value. Writes 2 * count.
    void (*doubleLeft)(const float* in, float* out, int count);
    void (*doubleCentre)(const float* in, float* out, int count);
    // Halves a row of 2 * count; in[-1] must be readable for halveLeft. Triangle 1/4 1/2 1/4, and the mean of two.
    void (*halveLeft)(const float* in, float* out, int count);
    void (*halveCentre)(const float* in, float* out, int count);
    void (*yuvToRgb)(const ToRgbMatrix& m, const float* y, const float* u, const float* v, float* r, float* g,
        float* b, int count);
    // The same, stored at once: rows of 8-bit luma and float chroma to R G B (channels = 3), or to B G R and 255
    // (channels = 4). Rounds as store8 does.
    void (*yuvToPacked8)(const ToRgbMatrix& m, const std::uint8_t* y, const float* u, const float* v, int channels,
        std::uint8_t* out, int count);
    void (*rgbToYuv)(const FromRgbMatrix& m, const float* r, const float* g, const float* b, float* y, float* u,
        float* v, int count);
    void (*scale)(float* row, float offset, float factor, int count);   // row = (row - offset) * factor
    void (*add)(float* sum, const float* row, float weight, int count); // sum += row * weight
    // Rounded to nearest, clamped to [0, top], NaN = 0.
    void (*store8)(const float* in, float top, std::uint8_t* out, int count);
    void (*store16)(const float* in, float top, int shift, std::uint8_t* out, int count);
    // Three channels where a is null, else four.
    void (*interleave8)(const std::uint8_t* r, const std::uint8_t* g, const std::uint8_t* b, const std::uint8_t* a,
        std::uint8_t* out, int count);
    void (*interleave16)(const std::uint16_t* r, const std::uint16_t* g, const std::uint16_t* b,
        const std::uint16_t* a, std::uint16_t* out, int count);
    void (*interleaveFloat)(const float* r, const float* g, const float* b, const float* a, float* out, int count);
    // The reverse; a may be null, `channels` is 3 or 4.
    void (*split8)(const std::uint8_t* in, int channels, float* r, float* g, float* b, float* a, int count);
    void (*split16)(const std::uint16_t* in, int channels, float* r, float* g, float* b, float* a, int count);
    void (*splitFloat)(const float* in, int channels, float* r, float* g, float* b, float* a, int count);
};

const Kernels& baselineKernels();
const Kernels* avx2Kernels(); // null where not compiled in or not supported by this processor
const Kernels& kernels();     // the best of the two

} // namespace reelmend::video::detail
