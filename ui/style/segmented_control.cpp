#include "ui/style/segmented_control.h"

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/tokens.h"

#include <QButtonGroup>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QStyleOptionToolButton>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace reelmend::ui::style {

namespace {

constexpr int kPadding = 11;     // left and right of a word
constexpr int kTightPadding = 6; // of a stretched control that would need two lines otherwise

// Paints its own label only: ground, border and dividers belong to the control.
class Segment : public QToolButton {
public:
    Segment(const QString& text, QStringView iconName, QWidget* parent)
        : QToolButton(parent)
        , iconName_(iconName.toString())
    {
        setText(text);
        setCheckable(true);
        setFocusPolicy(Qt::NoFocus);
        setAttribute(Qt::WA_Hover);
        setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
        setFont(fontFor(TextRole::kBody));
    }

    QSize sizeHint() const override
    {
        // As wide as the heavier face needs, so that choosing moves nothing.
        const QFontMetricsF metrics(fontFor(TextRole::kBodyMedium));
        const int icon = iconName_.isEmpty() ? 0 : 16 + (text().isEmpty() ? 0 : 8);
        return {static_cast<int>(std::ceil(metrics.horizontalAdvance(text()))) + icon + 2 * kPadding,
            std::max(kControlHeight, static_cast<int>(metrics.height()) + 10)};
    }
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent*) override
    {
        const Tokens& t = tokensFor(palette());
        QPainter painter(this);
        const QColor colour = !isEnabled() ? t.text3 : isChecked() || underMouse() ? t.text : t.text2;
        const QFont face = fontFor(isChecked() ? TextRole::kBodyMedium : TextRole::kBody);
        const QFontMetricsF metrics(face);
        const QString shown =
            metrics.elidedText(text(), Qt::ElideRight, this->width() - (iconName_.isEmpty() ? 2.0 : 26.0));
        const double width = metrics.horizontalAdvance(shown);
        const double icon = iconName_.isEmpty() ? 0 : 16;
        const double gap = icon > 0 && !text().isEmpty() ? 8 : 0;
        double x = (this->width() - width - icon - gap) / 2;
        if (icon > 0) {
            drawIcon(painter, QRectF(std::round(x), (height() - 16) / 2, 16, 16), iconName_, colour);
            x += icon + gap;
        }
        painter.setFont(face);
        painter.setPen(colour);
        painter.drawText(
            QRectF(x, 0, width + 2, height()), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, shown);
    }

private:
    QString iconName_;
};

} // namespace

SegmentedControl::SegmentedControl(const QString& accessibleName, QWidget* parent)
    : QWidget(parent)
    , group_(new QButtonGroup(this))
{
    setAccessibleName(accessibleName);
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    group_->setExclusive(true);
    connect(group_, &QButtonGroup::idToggled, this, [this](int id, bool isOn) {
        if (isOn) {
            setAccessibleDescription(group_->button(id)->text());
            update();
            Q_EMIT currentChanged(id);
        }
    });
}

int SegmentedControl::addSegment(const QString& text, QStringView iconName, const QString& tip)
{
    auto* segment = new Segment(text, iconName, this);
    const int index = count();
    segment->setToolTip(tip);
    segment->setAccessibleName(text.isEmpty() ? tip : text);
    group_->addButton(segment, index);
    segment->show();
    if (index == 0) {
        const QSignalBlocker blocker(group_);
        segment->setChecked(true);
        setAccessibleDescription(text);
    }
    updateGeometry();
    place();
    return index;
}

int SegmentedControl::count() const
{
    return static_cast<int>(group_->buttons().size());
}

int SegmentedControl::currentIndex() const
{
    return group_->checkedId();
}

void SegmentedControl::setCurrentIndex(int index)
{
    if (QAbstractButton* button = group_->button(index)) {
        button->setChecked(true);
    }
}

void SegmentedControl::setSegmentEnabled(int index, bool isEnabled)
{
    if (QAbstractButton* button = group_->button(index)) {
        button->setEnabled(isEnabled);
        update();
    }
}

void SegmentedControl::setStretched(bool isStretched)
{
    isStretched_ = isStretched;
    QSizePolicy policy(isStretched ? QSizePolicy::Expanding : QSizePolicy::Preferred,
        isStretched ? QSizePolicy::Minimum : QSizePolicy::Fixed); // it grows to its second line
    policy.setHeightForWidth(isStretched);
    setSizePolicy(policy);
    place();
}

int SegmentedControl::lineHeight() const
{
    return count() > 0 ? group_->button(0)->sizeHint().height() : kControlHeight;
}

int SegmentedControl::widthOf(int begin, int end) const
{
    int width = 0;
    for (int i = begin; i < end; ++i) {
        width += group_->button(i)->sizeHint().width() - (isStretched_ ? 2 * (kPadding - kTightPadding) : 0);
    }
    return width;
}

int SegmentedControl::firstOfSecondLine(int width) const
{
    return isStretched_ && widthOf(0, count()) > width ? (count() + 1) / 2 : count();
}

QSize SegmentedControl::sizeHint() const
{
    return {widthOf(0, count()), lineHeight()};
}

QSize SegmentedControl::minimumSizeHint() const
{
    const int half = (count() + 1) / 2;
    return isStretched_ ? QSize(std::max(widthOf(0, half), widthOf(half, count())), lineHeight()) : sizeHint();
}

int SegmentedControl::heightForWidth(int width) const
{
    return firstOfSecondLine(width) < count() ? 2 * lineHeight() : lineHeight();
}

void SegmentedControl::place()
{
    const int second = firstOfSecondLine(width());
    const auto placeLine = [this](int begin, int end, int top) {
        // What is left over is shared; the last one ends at the edge.
        const double extra = end > begin ? static_cast<double>(width() - widthOf(begin, end)) / (end - begin) : 0;
        int left = 0;
        for (int i = begin; i < end; ++i) {
            const int right = i + 1 == end
                                  ? width()
                                  : widthOf(begin, i + 1) + static_cast<int>(std::lround(extra * (i + 1 - begin)));
            group_->button(i)->setGeometry(QStyle::visualRect(
                layoutDirection(), rect(), QRect(left, top, std::max(right - left, 1), lineHeight())));
            left = right;
        }
    };
    placeLine(0, second, 0);
    placeLine(second, count(), lineHeight());
    update();
}

void SegmentedControl::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    place();
}

void SegmentedControl::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange ||
        event->type() == QEvent::LayoutDirectionChange) {
        updateGeometry();
        place();
    }
}

void SegmentedControl::paintEvent(QPaintEvent*)
{
    const Tokens& t = tokensFor(palette());
    QPainter painter(this);
    QPainterPath clip;
    clip.addRoundedRect(rect(), kRadiusControl, kRadiusControl);
    drawRounded(painter, rect(), kRadiusControl, t.field, {});
    const auto buttons = group_->buttons();
    for (int i = 0; i < buttons.size(); ++i) {
        const QAbstractButton* button = group_->button(i);
        if (button->isChecked()) {
            painter.save();
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setClipRect(button->geometry());
            painter.fillPath(clip, button->isEnabled() ? t.selection : t.sep);
            painter.restore();
        }
        const QColor line = isEnabled() ? t.edge : t.sep;
        if (button->x() > 0) {
            drawVerticalLine(painter, button->x(), button->y(), button->y() + button->height(), line);
        }
        if (button->y() > 0) {
            drawHorizontalLine(painter, button->y(), button->x(), button->x() + button->width(), line);
        }
    }
    drawRounded(painter, rect(), kRadiusControl, {}, isEnabled() ? t.edge : t.sep);
}

void SegmentedControl::keyPressEvent(QKeyEvent* event)
{
    int step = 0;
    int index = currentIndex();
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Up:
        step = event->key() == Qt::Key_Left && layoutDirection() == Qt::RightToLeft ? 1 : -1;
        break;
    case Qt::Key_Right:
    case Qt::Key_Down:
        step = event->key() == Qt::Key_Right && layoutDirection() == Qt::RightToLeft ? -1 : 1;
        break;
    case Qt::Key_Home:
        index = -1;
        step = 1;
        break;
    case Qt::Key_End:
        index = count();
        step = -1;
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    for (int i = index + step; i >= 0 && i < count(); i += step) {
        if (group_->button(i)->isEnabled()) {
            setCurrentIndex(i);
            break;
        }
    }
}

void SegmentedControl::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

} // namespace reelmend::ui::style
