#pragma once
#include <utility>

#include "core/jobs/job_folder.h"

namespace reelmend::cli {

// A file descriptor with an owner.
class OwnedFile {
public:
    explicit OwnedFile(int file = -1)
        : file_(file)
    {}
    OwnedFile(OwnedFile&& other) noexcept
        : file_(std::exchange(other.file_, -1))
    {}
    OwnedFile& operator=(OwnedFile&& other) noexcept
    {
        std::swap(file_, other.file_);
        return *this;
    }
    ~OwnedFile();

    int get() const { return file_; }
    void reset();

private:
    int file_;
};

// Starts `reelmend-cli run JOBDIR` in a session of its own, with its output in the job's log.txt: nothing that ends
// this process or its terminal ends the job. Returns a file that comes to its end once the job's process has the lock
// and has written its first event, or has died. Throws Error(kFailed or kOutput) when no process can be started.
// The caller must not have more than one thread.
OwnedFile startDetached(const jobs::JobFolder& job);

// True in a process that startDetached() made: its standard error is the job's log.txt.
bool isDetached();

// In the job's process: the caller of startDetached() need not wait any longer.
void sayReady();

} // namespace reelmend::cli
