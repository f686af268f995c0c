#include "core/runner/prefetch_source.h"

#include <algorithm>

#include "core/base/error.h"

namespace reelmend::runner {

namespace {

// Steps forward up to this far are decoded through; the source would not seek for them either.
constexpr std::int64_t kShortJump = 8;

} // namespace

PrefetchSource::PrefetchSource(
    video::FrameSource& source, std::int64_t end, Limits limits, const base::Control& control)
    : source_(source)
    , end_(std::min(end, source.frameCount()))
    , limits_(limits)
    , control_(control)
{}

video::Frame PrefetchSource::frame(std::int64_t index)
{
    const auto found =
        std::find_if(kept_.begin(), kept_.end(), [&](const Item& item) { return item.first == index; });
    if (found != kept_.end()) {
        return found->second;
    }
    if (index < 0 || index >= end_) {
        throw base::Error(base::ErrorKind::kUsage, "Frame " + std::to_string(index) + " cannot be read.",
            "Frames 0 to " + std::to_string(end_ - 1) + " are open.");
    }
    if (!queue_ || index < position_ || index > position_ + kShortJump) {
        start(index);
    }
    while (position_ < index) {
        kept_.emplace_back(position_, next());
        ++position_;
    }
    kept_.emplace_back(index, next());
    ++position_;
    while (kept_.size() > limits_.behind + 1) {
        kept_.pop_front();
    }
    return kept_.back().second;
}

void PrefetchSource::start(std::int64_t index)
{
    stop();
    kept_.clear();
    position_ = index;
    failure_ = nullptr;
    queue_ = std::make_unique<base::BoundedQueue<Item>>(limits_.ahead);
    thread_ = std::thread([this, index] {
        try {
            for (std::int64_t i = index; i < end_; ++i) {
                control_.checkpoint();
                if (!queue_->push({i, source_.frame(i)})) {
                    return;
                }
            }
        } catch (...) {
            failure_ = std::current_exception();
        }
        queue_->close();
    });
}

void PrefetchSource::stop()
{
    if (queue_) {
        queue_->abort();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
    queue_.reset();
}

video::Frame PrefetchSource::next()
{
    if (std::optional<Item> item = queue_->pop()) {
        return std::move(item->second);
    }
    thread_.join();
    queue_.reset();
    if (failure_) {
        std::rethrow_exception(failure_);
    }
    throw base::Error(base::ErrorKind::kInput, "The clip ended too early.");
}

} // namespace reelmend::runner
