#include "app/cli/detach.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include "core/base/error.h"
#include "core/base/files.h"

namespace reelmend::cli {

namespace {

constexpr const char* kReadyVariable = "REELMEND_READY_FILE";
constexpr int kReadyFile = 3;

void makePipe(OwnedFile& readEnd, OwnedFile& writeEnd)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw base::systemError(base::ErrorKind::kFailed, "The job cannot be started.", errno);
    }
    readEnd = OwnedFile(ends[0]);
    writeEnd = OwnedFile(ends[1]);
}

// In the new process, between fork and exec. Reports errno through `failure`, which closes itself when exec succeeds.
[[noreturn]] void becomeJob(const char* folder, int log, int ready, int failure)
{
    const auto fail = [failure] {
        const int reason = errno;
        const ssize_t ignored = ::write(failure, &reason, sizeof reason);
        ::_exit(ignored == sizeof reason ? 1 : 2);
    };
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
        std::signal(number, SIG_DFL);
    }
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    // Above the numbers that are about to be given away, so that no copy lands on another.
    const int safeReady = ::fcntl(ready, F_DUPFD_CLOEXEC, 10);
    const int safeLog = ::fcntl(log, F_DUPFD_CLOEXEC, 10);
    const int safeFailure = ::fcntl(failure, F_DUPFD_CLOEXEC, 10);
    if (nothing < 0 || safeReady < 0 || safeLog < 0 || safeFailure < 0 || ::dup2(nothing, 0) < 0 ||
        ::dup2(safeLog, 1) < 0 || ::dup2(safeLog, 2) < 0 || ::dup2(safeReady, kReadyFile) < 0 || ::chdir("/") != 0) {
        fail();
    }
    char name[] = "reelmend-cli";
    char call[] = "run";
    char* arguments[] = {name, call, const_cast<char*>(folder), nullptr};
    ::execv("/proc/self/exe", arguments);
    fail();
    ::_exit(2);
}

} // namespace

OwnedFile::~OwnedFile()
{
    reset();
}

void OwnedFile::reset()
{
    if (file_ >= 0) {
        ::close(std::exchange(file_, -1));
    }
}

OwnedFile startDetached(const jobs::JobFolder& job)
{
    const std::string what = "The job cannot be started.";
    const OwnedFile log(::open(job.logFile().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (log.get() < 0) {
        throw base::systemError(base::ErrorKind::kOutput, what, errno);
    }
    OwnedFile readyRead, readyWrite, failureRead, failureWrite;
    makePipe(readyRead, readyWrite);
    makePipe(failureRead, failureWrite);
    const std::string folder = job.path().string();
    ::setenv(kReadyVariable, std::to_string(kReadyFile).c_str(), 1);
    const pid_t child = ::fork();
    if (child == 0) {
        // The second fork hands the job to init: it is nobody's child here and never a zombie.
        ::setsid();
        const pid_t grandchild = ::fork();
        if (grandchild == 0) {
            becomeJob(folder.c_str(), log.get(), readyWrite.get(), failureWrite.get());
        }
        ::_exit(grandchild > 0 ? 0 : 1);
    }
    const int forkError = errno;
    ::unsetenv(kReadyVariable);
    if (child < 0) {
        throw base::systemError(base::ErrorKind::kFailed, what, forkError);
    }
    readyWrite.reset();
    failureWrite.reset();
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    int reason = 0;
    ssize_t got = 0;
    while ((got = ::read(failureRead.get(), &reason, sizeof reason)) < 0 && errno == EINTR) {
    }
    if (got == sizeof reason) {
        throw base::systemError(base::ErrorKind::kFailed, what, reason);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw base::Error(base::ErrorKind::kFailed, what, "The system allows no more processes.",
            "Close some programs and try again.");
    }
    return readyRead;
}

bool isDetached()
{
    const char* number = std::getenv(kReadyVariable);
    return number && number == std::to_string(kReadyFile);
}

void sayReady()
{
    if (isDetached()) {
        ::unsetenv(kReadyVariable);
        ::close(kReadyFile);
    }
}

} // namespace reelmend::cli
