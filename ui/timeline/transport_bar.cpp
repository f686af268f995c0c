#include "ui/timeline/transport_bar.h"

#include "ui/style/buttons.h"
#include "ui/style/labels.h"
#include "ui/timeline/number_label.h"
#include "ui/viewer/player.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLocale>
#include <QPainter>

namespace reelmend::ui::timeline {

using namespace Qt::StringLiterals;
using style::IconButton;
using style::TextLabel;
using style::TextRole;
using style::Tone;

namespace {

QFrame* makeSeparator(QWidget* parent)
{
    auto* line = new QFrame(parent);
    line->setProperty("tone", u"separator"_s);
    line->setFixedSize(1, 14);
    return line;
}

QString framesText(std::int64_t count)
{
    return count == 1 ? TransportBar::tr("1 frame") : TransportBar::tr("%1 frames").arg(count);
}

QString rateText(base::Rational rate)
{
    const double value = rate.value();
    const bool isWhole = std::abs(value - std::round(value)) < 0.0005;
    return TransportBar::tr("%1 fps").arg(QLocale().toString(value, 'f', isWhole ? 0 : 2));
}

} // namespace

TransportBar::TransportBar(QWidget* parent)
    : QWidget(parent)
    , left_(new QWidget(this))
    , right_(new QWidget(this))
    , facts_(new QWidget(right_))
    , timecode_(new TextLabel(u"00:00:00:00"_s, TextRole::kTimecode, Tone::kNormal, left_))
    , frame_(new NumberLabel(tr("Frame"), NumberLabel::Weight::kQuiet, tr("Frame"), left_))
    , toStart_(new IconButton(u"skip-start-fill", tr("To the in point"), QKeySequence(Qt::Key_Home), this))
    , back_(new IconButton(u"caret-left-fill", tr("One frame back"), QKeySequence(Qt::Key_Left), this))
    , play_(new IconButton(u"play-fill", tr("Play"), QKeySequence(Qt::Key_Space), this))
    , forward_(new IconButton(u"caret-right-fill", tr("One frame on"), QKeySequence(Qt::Key_Right), this))
    , toEnd_(new IconButton(u"skip-end-fill", tr("To the out point"), QKeySequence(Qt::Key_End), this))
    , loop_(new IconButton(u"repeat", tr("Loop"), QKeySequence(Qt::Key_L), this))
    , in_(new NumberLabel(tr("In"), NumberLabel::Weight::kStrong, tr("In point"), facts_))
    , out_(new NumberLabel(tr("Out"), NumberLabel::Weight::kStrong, tr("Out point, the last frame included"), facts_))
    , length_(new TextLabel({}, TextRole::kBody, Tone::kSecondary, facts_))
    , separator_(makeSeparator(facts_))
    , rate_(new TextLabel({}, TextRole::kBody, Tone::kSecondary, facts_))
{
    setAccessibleName(tr("Transport"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    timecode_->setTabular(u"00:00:00:00"_s);
    timecode_->setToolTip(tr("Hours, minutes, seconds, frames"));
    play_->setRaised(true);
    play_->setFixedSize(36, style::kControlHeight);
    loop_->setCheckable(true);

    auto* leftLayout = new QHBoxLayout(left_);
    leftLayout->setContentsMargins(style::kSpace3, 0, 0, 0);
    leftLayout->setSpacing(style::kSpace3);
    leftLayout->addWidget(timecode_);
    leftLayout->addWidget(frame_);
    leftLayout->addStretch(1);

    auto* factsLayout = new QHBoxLayout(facts_);
    factsLayout->setContentsMargins(0, 0, style::kSpace3, 0);
    factsLayout->setSpacing(style::kSpace3);
    factsLayout->addStretch(1);
    for (QWidget* widget : std::initializer_list<QWidget*>{in_, out_, length_, separator_, rate_}) {
        factsLayout->addWidget(widget);
    }
    auto* rightLayout = new QHBoxLayout(right_);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->addWidget(facts_);

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(style::kSpace2);
    // The buttons stand in the very middle: both sides get the same share, whatever they hold.
    left_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    right_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    layout->addWidget(left_, 1);
    for (QWidget* widget : std::initializer_list<QWidget*>{toStart_, back_, play_, forward_, toEnd_}) {
        layout->addWidget(widget);
    }
    layout->addWidget(loop_);
    layout->addWidget(right_, 1);

    connect(toStart_, &QToolButton::clicked, this, [this] { player_->goToIn(); });
    connect(back_, &QToolButton::clicked, this, [this] { player_->step(-1); });
    connect(play_, &QToolButton::clicked, this, [this] { player_->toggle(); });
    connect(forward_, &QToolButton::clicked, this, [this] { player_->step(1); });
    connect(toEnd_, &QToolButton::clicked, this, [this] { player_->goToOut(); });
    connect(loop_, &QToolButton::toggled, this, [this](bool isOn) {
        if (player_) {
            player_->setLooping(isOn);
        }
    });
    connect(frame_, &NumberLabel::edited, this, [this](qint64 value) { player_->seek(value); });
    connect(in_, &NumberLabel::edited, this, [this](qint64 value) {
        player_->setRange({value, std::max<std::int64_t>(player_->range().end, value + 1)});
    });
    connect(out_, &NumberLabel::edited, this, [this](qint64 value) {
        player_->setRange({std::min<std::int64_t>(player_->range().begin, value), value + 1});
    });
    for (IconButton* button : {back_, forward_}) {
        button->setAutoRepeat(true);
    }
    setPlayer(nullptr);
}

void TransportBar::setPlayer(viewer::Player* player)
{
    if (player_) {
        disconnect(player_, nullptr, this, nullptr);
    }
    player_ = player;
    if (player) {
        connect(player, &viewer::Player::clipChanged, this, &TransportBar::refreshClip);
        connect(player, &viewer::Player::frameChanged, this, &TransportBar::refreshFrame);
        connect(player, &viewer::Player::rangeChanged, this, &TransportBar::refreshRange);
        connect(player, &viewer::Player::playingChanged, this, &TransportBar::refreshState);
        connect(player, &viewer::Player::loopingChanged, this, &TransportBar::refreshState);
    }
    refreshClip();
}

void TransportBar::setHint(QWidget* hint)
{
    if (hint_ && hint_ != hint) {
        hint_->hide();
        right_->layout()->removeWidget(hint_);
    }
    hint_ = hint;
    if (hint) {
        right_->layout()->addWidget(hint);
    }
    showRight();
}

// The hint, where there is room for all of it.
void TransportBar::showRight()
{
    const bool hasRoom = hint_ && right_->width() >= hint_->sizeHint().width();
    facts_->setVisible(player_ && player_->frameCount() > 0 && !hasRoom);
    if (hint_) {
        hint_->setVisible(hasRoom);
    }
}

void TransportBar::refreshClip()
{
    const std::int64_t count = player_ ? player_->frameCount() : 0;
    const bool hasClip = count > 0;
    for (QWidget* widget : std::initializer_list<QWidget*>{
             timecode_, frame_, toStart_, back_, play_, forward_, toEnd_, loop_, in_, out_, length_, rate_}) {
        widget->setEnabled(hasClip);
    }
    for (NumberLabel* label : {frame_, in_, out_}) {
        label->setRange(0, std::max<std::int64_t>(0, count - 1));
    }
    showRight();
    frame_->setVisible(hasClip);
    length_->setTabular(tr("%1 frames").arg(std::max<std::int64_t>(count, 10)), Qt::AlignRight);
    rate_->setText(hasClip ? rateText(player_->frameRate()) : QString());
    refreshFrame();
    refreshRange();
    refreshState();
}

void TransportBar::refreshFrame()
{
    const std::int64_t frame = player_ ? player_->frame() : 0;
    timecode_->setText(
        QString::fromStdString(base::timecodeText(frame, player_ ? player_->frameRate() : base::Rational{24, 1})));
    frame_->setValue(frame);
}

void TransportBar::refreshRange()
{
    const base::FrameRange range = player_ ? player_->range() : base::FrameRange{};
    in_->setValue(range.begin);
    out_->setValue(std::max<std::int64_t>(range.begin, range.end - 1));
    length_->setText(player_ && player_->frameCount() > 0 ? framesText(range.size()) : QString());
}

void TransportBar::refreshState()
{
    const bool isPlaying = player_ && player_->isPlaying();
    play_->setIconName(isPlaying ? u"pause-fill" : u"play-fill");
    play_->setName(isPlaying ? tr("Pause") : tr("Play"), QKeySequence(Qt::Key_Space));
    const QSignalBlocker blocker(loop_);
    loop_->setChecked(player_ && player_->isLooping());
}

QSize TransportBar::sizeHint() const
{
    return {900, 40};
}

QSize TransportBar::minimumSizeHint() const
{
    return {420, 40};
}

void TransportBar::resizeEvent(QResizeEvent*)
{
    // What is least missed goes first: rate and length stand in the status line as well.
    rate_->setVisible(width() >= 780);
    separator_->setVisible(width() >= 780);
    length_->setVisible(width() >= 680);
    showRight();
}

void TransportBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), style::tokensFor(palette()).panel);
}

} // namespace reelmend::ui::timeline
