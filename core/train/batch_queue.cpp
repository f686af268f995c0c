#include "core/train/batch_queue.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

namespace reelmend::train {

BatchQueue::BatchQueue(std::function<Batch(std::int64_t)> draw, std::int64_t first, int threads, std::int64_t ahead)
    : draw_(std::move(draw))
    , ahead_(std::max<std::int64_t>(1, ahead))
    , nextToDraw_(first)
    , nextToGive_(first)
{
    for (int i = 0; i < std::max(1, threads); ++i) {
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
}

BatchQueue::~BatchQueue()
{
    for (std::jthread& thread : threads_) {
        thread.request_stop();
    }
}

void BatchQueue::work(const std::stop_token& stop)
{
    const at::NoGradGuard noGrad;
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return nextToDraw_ < nextToGive_ + ahead_; })) {
        const std::int64_t number = nextToDraw_++;
        lock.unlock();
        Made made;
        try {
            made.batch = draw_(number);
        } catch (...) {
            made.problem = std::current_exception();
        }
        lock.lock();
        ready_.emplace(number, std::move(made));
        changed_.notify_all();
    }
}

Batch BatchQueue::next()
{
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ready_.contains(nextToGive_); });
    Made made = std::move(ready_.extract(nextToGive_++).mapped());
    changed_.notify_all();
    lock.unlock();
    if (made.problem) {
        std::rethrow_exception(made.problem);
    }
    return std::move(made.batch);
}

} // namespace reelmend::train
