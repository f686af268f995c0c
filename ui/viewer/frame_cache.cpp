#include "ui/viewer/frame_cache.h"

#include <QTimer>

#include <algorithm>
#include <new>

namespace reelmend::ui::viewer {

namespace {

constexpr int kAnnounceMilliseconds = 100;

base::Error errorNow()
{
    try {
        throw;
    } catch (const base::Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return base::Error(base::ErrorKind::kOutOfMemory, "The frame cannot be shown.", "Memory ran short.",
            "Close other programs or lower the size of the viewer's cache.");
    } catch (const std::exception& error) {
        return base::Error(base::ErrorKind::kFailed, "The frame cannot be shown.", error.what());
    }
}

} // namespace

FrameCache::FrameCache(DisplaySourceFactory factory, qint64 maximumBytes, QObject* parent)
    : QObject(parent)
    , maximumBytes_(maximumBytes)
{
    qRegisterMetaType<base::Error>("reelmend::base::Error");
    thread_ = std::thread([this, factory = std::move(factory)] { work(factory); });
}

FrameCache::~FrameCache()
{
    control_.requestCancel();
    {
        const std::lock_guard lock(mutex_);
        isStopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

std::int64_t FrameCache::frameCount() const
{
    const std::lock_guard lock(mutex_);
    return plan_.frameCount;
}

QSize FrameCache::pictureSize() const
{
    const std::lock_guard lock(mutex_);
    return pictureSize_;
}

void FrameCache::setShownSize(QSize maximum)
{
    {
        const std::lock_guard lock(mutex_);
        if (shownSize_ == maximum) {
            return;
        }
        shownSize_ = maximum;
    }
    wake_.notify_all();
    announceCached();
}

void FrameCache::request(std::int64_t index)
{
    {
        const std::lock_guard lock(mutex_);
        plan_.current = index;
        request_ = index;
    }
    wake_.notify_all();
}

void FrameCache::setWanted(std::vector<std::int64_t> indices)
{
    {
        const std::lock_guard lock(mutex_);
        wanted_ = std::move(indices);
    }
    wake_.notify_all();
}

void FrameCache::setPlayback(int direction, base::FrameRange range, bool isLooping)
{
    {
        const std::lock_guard lock(mutex_);
        plan_.direction = direction;
        plan_.range = range;
        plan_.isLooping = isLooping;
    }
    wake_.notify_all();
}

void FrameCache::setPrefetching(bool isOn)
{
    {
        const std::lock_guard lock(mutex_);
        isPrefetching_ = isOn;
    }
    wake_.notify_all();
}

QImage FrameCache::picture(std::int64_t index) const
{
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(index);
    return found == entries_.end() ? QImage() : found->second.image;
}

QImage FrameCache::nearestPicture(std::int64_t index, std::int64_t reach) const
{
    const std::lock_guard lock(mutex_);
    auto found = entries_.upper_bound(index);
    while (found != entries_.begin()) {
        --found;
        if (found->first < index - reach) {
            break;
        }
        if (!found->second.image.isNull()) {
            return found->second.image;
        }
    }
    return {};
}

bool FrameCache::isGoodLocked(std::int64_t index) const
{
    const auto found = entries_.find(index);
    if (found == entries_.end()) {
        return false;
    }
    if (found->second.error) {
        return true; // trying again would fail again
    }
    const int wanted = decodeSize(pictureSize_, shownSize_).width();
    const int width = found->second.image.width();
    return width + 1 >= wanted && width <= 2 * wanted;
}

bool FrameCache::isGood(std::int64_t index) const
{
    const std::lock_guard lock(mutex_);
    return isGoodLocked(index) && !entries_.at(index).image.isNull();
}

std::vector<base::FrameRange> FrameCache::cachedRanges() const
{
    const std::lock_guard lock(mutex_);
    std::vector<base::FrameRange> ranges;
    for (const auto& [index, entry] : entries_) {
        if (entry.image.isNull() || !isGoodLocked(index)) {
            continue;
        }
        if (!ranges.empty() && ranges.back().end == index) {
            ++ranges.back().end;
        } else {
            ranges.push_back({index, index + 1});
        }
    }
    return ranges;
}

std::int64_t FrameCache::cachedCount() const
{
    std::int64_t count = 0;
    for (const base::FrameRange& range : cachedRanges()) {
        count += range.size();
    }
    return count;
}

qint64 FrameCache::bytes() const
{
    const std::lock_guard lock(mutex_);
    return bytes_;
}

std::optional<base::Error> FrameCache::errorOf(std::int64_t index) const
{
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(index);
    return found == entries_.end() ? std::nullopt : found->second.error;
}

std::optional<FrameCache::Job> FrameCache::nextJob() const
{
    const auto inClip = [this](std::int64_t index) { return index >= 0 && index < plan_.frameCount; };
    if (request_ && inClip(*request_) && !isGoodLocked(*request_)) {
        return Job{*request_, shownSize_, true};
    }
    for (const std::int64_t index : wanted_) {
        if (inClip(index) && !isGoodLocked(index)) {
            return Job{index, shownSize_, false};
        }
    }
    if (!isPrefetching_ || plan_.frameCount == 0 || shownSize_.isEmpty()) {
        return std::nullopt;
    }
    const QSize size = decodeSize(pictureSize_, shownSize_);
    const qint64 frameBytes = std::max<qint64>(1, 4LL * size.width() * size.height());
    const auto capacity = static_cast<double>(maximumBytes_ / frameBytes);
    const auto next = plan_.next([this](std::int64_t index) { return isGoodLocked(index); },
        // What lies behind counts more than once, and frames outside the range more still.
        capacity * (plan_.direction == 0 ? 2 : 1) + static_cast<double>(plan_.range.size()));
    if (!next) {
        return std::nullopt;
    }
    if (bytes_ + frameBytes > maximumBytes_) {
        // Only worth it when something further away can go.
        double worst = -1;
        for (const auto& [index, entry] : entries_) {
            worst = std::max(worst, isGoodLocked(index) ? plan_.distance(index) : 1e18);
        }
        if (worst <= plan_.distance(*next)) {
            return std::nullopt;
        }
    }
    return Job{*next, shownSize_, false};
}

bool FrameCache::makeRoom(qint64 incoming, std::int64_t forIndex)
{
    while (bytes_ + incoming > maximumBytes_ && !entries_.empty()) {
        auto worst = entries_.end();
        double worstCost = -1;
        for (auto it = entries_.begin(); it != entries_.end(); ++it) {
            if (it->first == plan_.current || it->first == forIndex || it->second.image.isNull() ||
                std::find(wanted_.begin(), wanted_.end(), it->first) != wanted_.end()) {
                continue;
            }
            const double cost = plan_.distance(it->first) + (isGoodLocked(it->first) ? 0 : 1e18);
            if (cost > worstCost) {
                worst = it;
                worstCost = cost;
            }
        }
        if (worst == entries_.end()) {
            return false;
        }
        bytes_ -= worst->second.image.sizeInBytes();
        entries_.erase(worst);
    }
    return true;
}

void FrameCache::store(std::int64_t index, Entry entry)
{
    const qint64 incoming = entry.image.sizeInBytes();
    if (const auto old = entries_.find(index); old != entries_.end()) {
        bytes_ -= old->second.image.sizeInBytes();
        entries_.erase(old);
    }
    makeRoom(incoming, index);
    bytes_ += incoming;
    entries_.insert_or_assign(index, std::move(entry));
}

void FrameCache::announceCached()
{
    {
        const std::lock_guard lock(mutex_);
        if (isAnnouncing_) {
            return;
        }
        isAnnouncing_ = true;
    }
    QMetaObject::invokeMethod(
        this,
        [this] {
            QTimer::singleShot(kAnnounceMilliseconds, this, [this] {
                {
                    const std::lock_guard lock(mutex_);
                    isAnnouncing_ = false;
                }
                Q_EMIT cachedChanged();
            });
        },
        Qt::QueuedConnection);
}

void FrameCache::work(const DisplaySourceFactory& factory)
{
    try {
        const std::unique_ptr<DisplaySource> source = factory(control_);
        const QSize size = source->pictureSize();
        const std::int64_t count = source->frameCount();
        {
            const std::lock_guard lock(mutex_);
            pictureSize_ = size;
            plan_.frameCount = count;
        }
        QMetaObject::invokeMethod(
            this, [this, size, count] { Q_EMIT opened(size, count); }, Qt::QueuedConnection);
        serve(*source);
    } catch (const base::Cancelled&) {
        return;
    } catch (...) {
        const base::Error error = errorNow();
        QMetaObject::invokeMethod(
            this, [this, error] { Q_EMIT openFailed(error); }, Qt::QueuedConnection);
    }
}

void FrameCache::serve(DisplaySource& source)
{
    std::unique_lock lock(mutex_);
    while (!isStopping_) {
        const std::optional<Job> job = nextJob();
        if (!job) {
            wake_.wait(lock);
            continue;
        }
        lock.unlock();
        Entry entry;
        try {
            entry.image = source.picture(job->index, job->maximum);
        } catch (const base::Cancelled&) {
            return;
        } catch (...) {
            entry.error = errorNow();
        }
        const std::optional<base::Error> error = entry.error;
        lock.lock();
        store(job->index, std::move(entry));
        lock.unlock();
        const std::int64_t index = job->index;
        QMetaObject::invokeMethod(
            this,
            [this, index, error, isRequested = job->isRequested] {
                if (!error) {
                    Q_EMIT frameReady(index);
                } else if (isRequested) {
                    Q_EMIT frameFailed(index, *error);
                }
            },
            Qt::QueuedConnection);
        announceCached();
        lock.lock();
    }
}

} // namespace reelmend::ui::viewer
