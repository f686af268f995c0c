#pragma once
#include <QObject>
#include <QRectF>

#include <memory>

#include "ui/timeline/timeline_scale.h"
#include "ui/viewer/frame_cache.h"

class QPainter;

namespace reelmend::ui::timeline {

// Small pictures along a clip, decoded in the background at the size they are drawn, bounded in memory. UI thread.
class ThumbnailStrip : public QObject {
    Q_OBJECT
public:
    static constexpr qint64 kBytes = 32LL * 1024 * 1024;

    explicit ThumbnailStrip(QObject* parent = nullptr);

    void setSource(viewer::DisplaySourceFactory factory); // empty: none
    // What is to be drawn next: asks for the pictures that are missing.
    void layOut(const TimelineScale& scale, double height, double deviceRatio);
    // Pictures that are not there yet are stood in for by the nearest earlier one.
    void draw(QPainter& painter, const QRectF& lane) const;

Q_SIGNALS:
    void changed();

private:
    struct Slot {
        std::int64_t frame = 0;
        double left = 0;
    };

    std::unique_ptr<viewer::FrameCache> cache_;
    std::vector<Slot> slots_;
    double slotWidth_ = 0;
    double height_ = 0;
    TimelineScale scale_;
    double deviceRatio_ = 1;
};

} // namespace reelmend::ui::timeline
