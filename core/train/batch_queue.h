#pragma once
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "core/train/batch.h"

namespace reelmend::train {

// Makes batches ahead of their use on threads of its own and hands them out in order, so that a step does not wait
// for its data. What a batch holds follows from its number alone: threads change when it is made, never what it is.
class BatchQueue {
public:
    // `draw(k)` makes batch k and may be called from several threads at once; numbers start at `first`. At most
    // `ahead` batches wait to be used.
    BatchQueue(std::function<Batch(std::int64_t)> draw, std::int64_t first, int threads, std::int64_t ahead);
    ~BatchQueue();
    BatchQueue(const BatchQueue&) = delete;
    BatchQueue& operator=(const BatchQueue&) = delete;

    // The next batch; waits for it. What `draw` threw for it is thrown here.
    Batch next();

private:
    struct Made {
        Batch batch;
        std::exception_ptr problem;
    };
    void work(const std::stop_token& stop);

    const std::function<Batch(std::int64_t)> draw_;
    const std::int64_t ahead_;

    std::mutex mutex_; // guards what follows
    std::condition_variable_any changed_;
    std::int64_t nextToDraw_, nextToGive_;
    std::map<std::int64_t, Made> ready_;

    std::vector<std::jthread> threads_;
};

} // namespace reelmend::train
