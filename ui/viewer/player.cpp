#include "ui/viewer/player.h"

#include <algorithm>
#include <cmath>

namespace reelmend::ui::viewer {

Player::Player(QObject* parent, Clock clock)
    : QObject(parent)
    , clock_(std::move(clock))
{
    timer_.setTimerType(Qt::PreciseTimer);
    connect(&timer_, &QTimer::timeout, this, &Player::tick);
}

void Player::setClip(std::int64_t frameCount, base::Rational framesPerSecond)
{
    pause();
    frameCount_ = std::max<std::int64_t>(0, frameCount);
    rate_ = framesPerSecond.isPositive() ? framesPerSecond : base::Rational{24, 1};
    range_ = {0, frameCount_};
    frame_ = 0;
    Q_EMIT clipChanged();
    Q_EMIT rangeChanged(range_);
    Q_EMIT frameChanged(frame_);
}

void Player::setFrameCount(std::int64_t frameCount)
{
    if (frameCount == frameCount_ || frameCount < 0) {
        return;
    }
    const bool wasWhole = range_.begin == 0 && range_.end == frameCount_;
    frameCount_ = frameCount;
    Q_EMIT clipChanged();
    setRange(wasWhole ? base::FrameRange{0, frameCount} : range_);
    seek(frame_);
}

void Player::setRange(base::FrameRange range)
{
    if (frameCount_ == 0) {
        return;
    }
    range.begin = std::clamp<std::int64_t>(range.begin, 0, frameCount_ - 1);
    range.end = std::clamp<std::int64_t>(range.end, range.begin + 1, frameCount_);
    if (!(range == range_)) {
        range_ = range;
        if (isPlaying_) {
            startClock();
        }
        Q_EMIT rangeChanged(range_);
    }
}

void Player::startClock()
{
    startSeconds_ = clock_();
    startFrame_ = frame_;
}

void Player::play()
{
    if (isPlaying_ || frameCount_ < 2) {
        return;
    }
    if (!range_.contains(frame_) || (frame_ == range_.end - 1)) {
        setFrame(range_.begin);
    }
    isPlaying_ = true;
    dropped_ = 0;
    startClock();
    // Twice per frame, so that a frame is late by half its length at most.
    timer_.start(std::clamp(static_cast<int>(500.0 / rate_.value()), 2, 20));
    Q_EMIT playingChanged(true);
}

void Player::pause()
{
    if (isPlaying_) {
        isPlaying_ = false;
        timer_.stop();
        Q_EMIT playingChanged(false);
    }
}

void Player::toggle()
{
    isPlaying_ ? pause() : play();
}

void Player::tick()
{
    if (!isPlaying_) {
        return;
    }
    const double elapsed = std::max(0.0, clock_() - startSeconds_);
    // The small addend keeps a clock that is a rounding error short of a frame's begin from showing the one before.
    const auto passed = static_cast<std::int64_t>(std::floor(elapsed * rate_.value() + 1e-6));
    std::int64_t wanted = startFrame_ + passed;
    const bool isInRange = range_.contains(startFrame_);
    const std::int64_t end = isInRange ? range_.end : frameCount_;
    if (wanted >= end) {
        if (!isLooping_) {
            setFrame(end - 1);
            pause();
            return;
        }
        wanted = range_.begin + (wanted - end) % range_.size();
    }
    const std::int64_t skipped = wanted > frame_ ? wanted - frame_ - 1 : 0;
    dropped_ += skipped;
    setFrame(wanted);
}

void Player::setFrame(std::int64_t frame)
{
    if (frame != frame_) {
        frame_ = frame;
        Q_EMIT frameChanged(frame_);
    }
}

void Player::seek(qint64 frame)
{
    if (frameCount_ == 0) {
        return;
    }
    setFrame(std::clamp<std::int64_t>(frame, 0, frameCount_ - 1));
    if (isPlaying_) {
        startClock();
    }
}

void Player::step(qint64 frames)
{
    pause();
    seek(frame_ + frames);
}

void Player::goToIn()
{
    seek(frame_ == range_.begin ? 0 : range_.begin);
}

void Player::goToOut()
{
    seek(frame_ == range_.end - 1 ? frameCount_ - 1 : range_.end - 1);
}

void Player::setIn()
{
    setRange({frame_, std::max(range_.end, frame_ + 1)});
}

void Player::setOut()
{
    setRange({std::min(range_.begin, frame_), frame_ + 1});
}

void Player::clearRange()
{
    setRange({0, frameCount_});
}

void Player::setLooping(bool isLooping)
{
    if (isLooping != isLooping_) {
        isLooping_ = isLooping;
        Q_EMIT loopingChanged(isLooping_);
    }
}

} // namespace reelmend::ui::viewer
