#pragma once
#include <condition_variable>
#include <mutex>

namespace reelmend::base {

// How a running job is told to stop or wait. One object goes down into decoders, operators and training steps;
// whoever works calls checkpoint() at least every half second. Every function may be called from any thread.
class Control {
public:
    void requestCancel(); // final: a cancelled control stays cancelled
    void pause();
    void resume();

    bool isCancelled() const;
    bool isPaused() const;

    // Returns at once while the job may run, waits while it is paused, throws Cancelled once it is cancelled (also
    // out of a pause).
    void checkpoint() const;

    // Like checkpoint() but never waits: for a thread that must not block while others drain.
    void throwIfCancelled() const;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    bool cancelled_ = false;
    bool paused_ = false;
};

} // namespace reelmend::base
