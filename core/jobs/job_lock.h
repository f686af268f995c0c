#pragma once
#include <filesystem>
#include <optional>

namespace reelmend::jobs {

// Held by the process that runs a job, for as long as it lives: the system lets go of it however the process ends.
class JobLock {
public:
    // None when another process (or another JobLock of this one) holds it. A question by isHeld() may be in the way
    // for a moment, so this tries for up to a second. Throws Error(kOutput) when the lock file cannot be made.
    static std::optional<JobLock> tryAcquire(const std::filesystem::path& file);
    static bool isHeld(const std::filesystem::path& file);

    JobLock(JobLock&& other) noexcept;
    JobLock& operator=(JobLock&& other) noexcept;
    ~JobLock();

private:
    explicit JobLock(int file)
        : file_(file)
    {}
    int file_;
};

} // namespace reelmend::jobs
