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

StopSignals::StopSignals(base::Control& control)
{
    const sigset_t set = stopSet();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signalFile_ = ::signalfd(-1, &set, SFD_CLOEXEC);
    endFile_ = ::eventfd(0, EFD_CLOEXEC);
    thread_ = std::thread([this, &control] { watch(control); });
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

void StopSignals::watch(base::Control& control)
{
    bool isSecond = false;
    for (;;) {
        pollfd files[] = {{signalFile_, POLLIN, 0}, {endFile_, POLLIN, 0}};
        if (::poll(files, 2, -1) < 0) {
            continue;
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
