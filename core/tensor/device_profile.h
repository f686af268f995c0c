#pragma once
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <filesystem>
#include <string>

namespace reelmend::tensor {

// How fast a device computes the convolution that our networks consist of (conv2d 64->64 3x3), in 10^9 operations per
// second; 0 where that precision would be emulated.
struct DeviceProfile {
    double float32 = 0, bfloat16 = 0;             // channels last, the layout of every network here
    double float32Planar = 0, bfloat16Planar = 0; // contiguous, to see that the layout is the right one
    std::string device;                           // whose figures these are, with LibTorch's version and threads

    // bf16 where it is clearly faster; where it hardly is, float32's exactness is worth more.
    c10::ScalarType dtype() const;

    bool operator==(const DeviceProfile&) const = default;
};

// Measured the first time (about a fifth of a second) and kept in base::cacheFolder(), so that a machine whose load
// changes does not change its mind between two runs of one job. A file that cannot be read, or is of another device
// or LibTorch, is measured anew.
DeviceProfile deviceProfile(c10::Device device);

// The two halves of it. measureDevice leaves the number of threads as it is.
DeviceProfile measureDevice(c10::Device device);
DeviceProfile deviceProfile(c10::Device device, const std::filesystem::path& file);

} // namespace reelmend::tensor
