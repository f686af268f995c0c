#include "app/cli/stop_signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

#include "core/base/error.h"

namespace reelmend::cli {

namespace {

constexpr int kPatienceMilliseconds = 1500;

sigset_t stopSet()
{
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&set, number);
    }
    return set;
}

} // namespace

StopSignals::StopSignals(base::Control& control, Leaves leaves)
{
    const sigset_t set = stopSet();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signalFile_ = ::signalfd(-1, &set, SFD_CLOEXEC);
    endFile_ = ::eventfd(0, EFD_CLOEXEC);
    thread_ = std::thread([this, &control, leaves] { watch(control, leaves); });
}

StopSignals::~StopSignals()
{
    const std::uint64_t one = 1;
    if (::write(endFile_, &one, sizeof one) == sizeof one) {
        thread_.join();
    } else {
        thread_.detach(); // cannot happen with an event counter that was never written
    }
    ::close(signalFile_);
    ::close(endFile_);
}

void StopSignals::watch(base::Control& control, Leaves leaves)
{
    bool isSecond = false;
    for (;;) {
        pollfd files[] = {{signalFile_, POLLIN, 0}, {endFile_, POLLIN, 0}};
        const int found = ::poll(files, 2, isSecond && leaves == Leaves::kNothing ? kPatienceMilliseconds : -1);
        if (found < 0) {
            continue;
        }
        if (found == 0) {
            ::_exit(base::kExitCancelled);
        }
        if (files[1].revents != 0) {
            return;
        }
        signalfd_siginfo info{};
        if (::read(signalFile_, &info, sizeof info) != sizeof info) {
            continue;
        }
        if (isSecond) {
            ::_exit(base::kExitCancelled);
        }
        isSecond = true;
        isShutDown_ = info.ssi_signo != SIGINT;
        control.requestCancel();
    }
}

} // namespace reelmend::cli
