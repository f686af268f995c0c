#pragma once
#include <c10/core/Device.h>

#include <exception>
#include <memory>

namespace reelmend::tensor {

// How far work on a CUDA device has to give the same bits every time. (The CPU's kernels always do.)
enum class Repeating {
    kWhereKnown, // kernels that know how to, do
    kAlways,     // and one that does not throws; see isUnrepeatable()
};

// Holds for everything that the process runs on the device until its end; nothing for the CPU. Scopes may be nested
// on one thread, and the inner one decides.
class RepeatingScope {
public:
    RepeatingScope(c10::Device device, Repeating how);
    ~RepeatingScope();
    RepeatingScope(const RepeatingScope&) = delete;
    RepeatingScope& operator=(const RepeatingScope&) = delete;

private:
    struct Before;
    std::unique_ptr<Before> before_;
};

// What LibTorch throws within kAlways for a kernel whose sums come in another order every time.
bool isUnrepeatable(const std::exception& error);

} // namespace reelmend::tensor
