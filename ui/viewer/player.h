#pragma once
#include <QObject>
#include <QTimer>

#include <cstdint>
#include <functional>

#include "core/base/time.h"

namespace reelmend::ui::viewer {

// Which frame of a clip is now. Driven by a clock: a machine that is too slow drops frames and stays in time. Knows
// no pictures and never waits for one. UI thread.
class Player : public QObject {
    Q_OBJECT
public:
    using Clock = std::function<double()>; // seconds that never go back

    explicit Player(QObject* parent = nullptr, Clock clock = base::monotonicSeconds);

    // Stops, goes to frame 0, and sets in and out to the whole clip.
    void setClip(std::int64_t frameCount, base::Rational framesPerSecond);
    std::int64_t frameCount() const { return frameCount_; }
    base::Rational frameRate() const { return rate_; }
    std::int64_t frame() const { return frame_; }
    bool isPlaying() const { return isPlaying_; }
    bool isLooping() const { return isLooping_; }
    base::FrameRange range() const { return range_; }       // in and out, half-open
    std::int64_t droppedFrames() const { return dropped_; } // since play()

    void setRange(base::FrameRange range); // clamped to the clip; never empty
    // A clip may turn out longer or shorter than its header claimed.
    void setFrameCount(std::int64_t frameCount);

public Q_SLOTS:
    void play(); // from the in point when it stands outside or at the end
    void pause();
    void toggle();
    void seek(qint64 frame);  // stops nothing: playback goes on from there
    void step(qint64 frames); // pauses
    void goToIn();            // a second time: to the first frame of the clip
    void goToOut();
    void setIn(); // at the present frame
    void setOut();
    void clearRange();
    void setLooping(bool isLooping);
    void tick(); // what the timer calls

Q_SIGNALS:
    void frameChanged(qint64 frame);
    void playingChanged(bool isPlaying);
    void loopingChanged(bool isLooping);
    void rangeChanged(reelmend::base::FrameRange range);
    void clipChanged();

private:
    void setFrame(std::int64_t frame);
    void startClock();

    Clock clock_;
    QTimer timer_;
    std::int64_t frameCount_ = 0;
    base::Rational rate_{24, 1};
    base::FrameRange range_;
    std::int64_t frame_ = 0;
    std::int64_t dropped_ = 0;
    double startSeconds_ = 0;
    std::int64_t startFrame_ = 0;
    bool isPlaying_ = false;
    bool isLooping_ = true;
};

} // namespace reelmend::ui::viewer
