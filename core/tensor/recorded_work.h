#pragma once
#include <c10/core/Device.h>
#include <c10/core/StreamGuard.h>

#include <functional>
#include <memory>
#include <optional>

namespace reelmend::tensor {

// A stream of a CUDA device that is not the device's default one; nothing for the CPU.
class OwnStream {
public:
    // Waits for what the default stream still does, so that tensors made there are ready here.
    explicit OwnStream(c10::Device device);

    // What this thread starts on the device goes to the stream until the guard's end.
    c10::OptionalStreamGuard use() const;

private:
    std::optional<c10::Stream> stream_;
};

// Work on a CUDA device that is recorded once and then launched as a whole (a CUDA graph): a step of thousands of
// small kernels takes one thread longer to launch than the card to run. On the CPU, where nothing is launched, every
// repetition just runs the work.
//
// The work has to have run once before, so that libraries have what they make on their first use; it must not wait
// for the device nor copy from the host, and its tensors must outlive this object: a repetition reads and writes the
// same memory. It belongs on an OwnStream.
class RecordedWork {
public:
    // Records; runs nothing on a CUDA device. Throws base::Error(kUnavailable) where it cannot be recorded.
    RecordedWork(c10::Device device, std::function<void()> work);

    void repeat();

private:
    std::function<void()> work_;                   // the CPU's
    std::unique_ptr<void, void (*)(void*)> graph_; // the device's
};

} // namespace reelmend::tensor
