#include "core/jobs/job_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"

namespace reelmend::jobs {

std::optional<JobLock> JobLock::tryAcquire(const std::filesystem::path& path)
{
    const std::string what = "The job's lock \"" + base::pathText(path) + "\" cannot be taken.";
    JobLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (lock.file_ < 0) {
        throw base::systemError(base::ErrorKind::kOutput, what, errno);
    }
    for (int attempt = 0; ::flock(lock.file_, LOCK_EX | LOCK_NB) != 0; ++attempt) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            throw base::systemError(base::ErrorKind::kOutput, what, errno);
        }
        if (attempt == 50) {
            return std::nullopt;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    // The number is for people who look into the folder; nothing here depends on it.
    const std::string number = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock.file_, 0) != 0 || ::pwrite(lock.file_, number.data(), number.size(), 0) < 0) {
        throw base::systemError(base::ErrorKind::kOutput, what, errno);
    }
    return lock;
}

bool JobLock::isHeld(const std::filesystem::path& path)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    const bool isFree = ::flock(file, LOCK_SH | LOCK_NB) == 0;
    const bool isHeldByOther = !isFree && errno == EWOULDBLOCK;
    ::close(file);
    return isHeldByOther;
}

JobLock::JobLock(JobLock&& other) noexcept
    : file_(std::exchange(other.file_, -1))
{}

JobLock& JobLock::operator=(JobLock&& other) noexcept
{
    std::swap(file_, other.file_);
    return *this;
}

JobLock::~JobLock()
{
    if (file_ >= 0) {
        ::close(file_);
    }
}

} // namespace reelmend::jobs
