#pragma once
#include <QImage>
#include <QObject>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "ui/viewer/cache_plan.h"
#include "ui/viewer/display_source.h"

namespace reelmend::ui::viewer {

// Decoded pictures of one clip, bounded in bytes, made by one worker thread: first the newest request, then an
// explicit list (thumbnails), then what playback will want. All functions belong to the thread that owns the object
// (the UI thread) and return at once; signals arrive there.
class FrameCache : public QObject {
    Q_OBJECT
public:
    static constexpr qint64 kDefaultBytes = 768LL * 1024 * 1024;

    explicit FrameCache(DisplaySourceFactory factory, qint64 maximumBytes = kDefaultBytes, QObject* parent = nullptr);
    ~FrameCache() override; // cancels the decoding under way and joins

    // Known after opened(); 0 and empty before.
    std::int64_t frameCount() const;
    QSize pictureSize() const;

    // Size in device pixels at which pictures are shown from now on. Frames of another size stay as stand-ins until
    // they are redone; ones up to twice as large count as good.
    void setShownSize(QSize maximum);
    // Replaces any earlier request that has not begun.
    void request(std::int64_t index);
    // Decoded after the request, in this order; replaces an earlier list. Never evicted while listed.
    void setWanted(std::vector<std::int64_t> indices);
    void setPlayback(int direction, base::FrameRange range, bool isLooping);
    void setPrefetching(bool isOn); // on by default; off: only requests and the list

    // Null when it is not there (yet). At any size: see isGood().
    QImage picture(std::int64_t index) const;
    // The picture of the nearest cached frame at or before `index`, for thumbnails and stand-ins; null when none.
    QImage nearestPicture(std::int64_t index, std::int64_t reach) const;
    bool isGood(std::int64_t index) const;              // there, at the shown size
    std::vector<base::FrameRange> cachedRanges() const; // good ones, ascending
    std::int64_t cachedCount() const;
    qint64 bytes() const;
    std::optional<base::Error> errorOf(std::int64_t index) const;

Q_SIGNALS:
    void opened(QSize pictureSize, qint64 frameCount);
    void openFailed(const reelmend::base::Error& error);
    void frameReady(qint64 index);                                      // also of prefetched frames
    void frameFailed(qint64 index, const reelmend::base::Error& error); // of requested ones
    void cachedChanged();                                               // at most a few times a second

private:
    struct Entry {
        QImage image;
        std::optional<base::Error> error;
    };
    struct Job {
        std::int64_t index = 0;
        QSize maximum;
        bool isRequested = false;
    };

    void work(const DisplaySourceFactory& factory);
    void serve(DisplaySource& source);
    std::optional<Job> nextJob() const;                    // mutex_ held
    void store(std::int64_t index, Entry entry);           // mutex_ held
    bool makeRoom(qint64 incoming, std::int64_t forIndex); // mutex_ held
    bool isGoodLocked(std::int64_t index) const;           // mutex_ held
    void announceCached();

    const qint64 maximumBytes_;
    base::Control control_;

    mutable std::mutex mutex_; // guards everything down to the thread
    std::condition_variable wake_;
    bool isStopping_ = false;
    bool isPrefetching_ = true;
    bool isAnnouncing_ = false;
    std::optional<std::int64_t> request_;
    std::vector<std::int64_t> wanted_;
    CachePlan plan_;
    QSize shownSize_;
    QSize pictureSize_;
    std::map<std::int64_t, Entry> entries_;
    qint64 bytes_ = 0;

    std::thread thread_;
};

} // namespace reelmend::ui::viewer
