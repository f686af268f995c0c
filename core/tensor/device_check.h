#pragma once
#include <string>
#include <vector>

// Whether LibTorch works on this machine, and how fast: what `reelmend-cli doctor` says about it. No LibTorch types
// here.
namespace reelmend::tensor {

// One convolution, conv2d 64->64 3x3 on 4x180x320, channels_last, against values computed without LibTorch.
struct ConvolutionCheck {
    std::string precision; // "float32", "bfloat16"
    bool wasRun = false;   // false: this processor has no instructions for it, and emulation takes minutes
    bool isRight = false;
    double largestError = 0; // over the samples looked at, relative to the largest expected value
    double gigaflops = 0;    // per second, best of three
    std::string problem;     // what LibTorch said when it failed
};

struct LibTorchCheck {
    std::string version;
    int threads = 0;
    bool hasOneDnn = false;
    std::vector<ConvolutionCheck> convolutions;
    std::string cudaProblem; // "" where CUDA works; else why libtorch_cuda or the program's module cannot be used
    int cudaDevices = 0;
};

// Takes about a second. Uses all cores.
LibTorchCheck checkLibTorch();

} // namespace reelmend::tensor
