#include "core/base/control.h"

#include "core/base/error.h"

namespace reelmend::base {

void Control::requestCancel()
{
    {
        const std::lock_guard lock(mutex_);
        cancelled_ = true;
    }
    changed_.notify_all();
}

void Control::pause()
{
    const std::lock_guard lock(mutex_);
    paused_ = true;
}

void Control::resume()
{
    {
        const std::lock_guard lock(mutex_);
        paused_ = false;
    }
    changed_.notify_all();
}

bool Control::isCancelled() const
{
    const std::lock_guard lock(mutex_);
    return cancelled_;
}

bool Control::isPaused() const
{
    const std::lock_guard lock(mutex_);
    return paused_;
}

void Control::checkpoint() const
{
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return cancelled_ || !paused_; });
    if (cancelled_) {
        throw Cancelled{};
    }
}

void Control::throwIfCancelled() const
{
    if (isCancelled()) {
        throw Cancelled{};
    }
}

} // namespace reelmend::base
