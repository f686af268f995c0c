#include "ui/timeline/number_label.h"

#include "ui/style/fonts.h"
#include "ui/style/paint.h"
#include "ui/style/tokens.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace reelmend::ui::timeline {

namespace {

constexpr int kEditorPadding = 4; // between the editor's edge and its digits
constexpr int kEditorRoom = 6;    // for its cursor and its other edge
constexpr int kStylePadding = 9;  // that a line edit has by itself

} // namespace

NumberLabel::NumberLabel(const QString& prefix, Weight weight, const QString& accessibleName, QWidget* parent)
    : QWidget(parent)
    , prefix_(prefix)
    , weight_(weight)
    , editor_(new QLineEdit(this))
{
    setFont(style::fontFor(style::TextRole::kBody));
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(accessibleName);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setToolTip(tr("%1. Click to type").arg(accessibleName));
    editor_->hide();
    editor_->setAccessibleName(accessibleName);
    editor_->setInputMethodHints(Qt::ImhDigitsOnly);
    editor_->installEventFilter(this);
    connect(editor_, &QLineEdit::returnPressed, this, [this] { finish(true); });
    describe();
}

void NumberLabel::setRange(qint64 minimum, qint64 maximum)
{
    minimum_ = minimum;
    maximum_ = maximum;
    updateGeometry();
    setValue(value_);
}

void NumberLabel::setValue(qint64 value)
{
    value_ = std::clamp(value, minimum_, std::max(minimum_, maximum_));
    describe();
    update();
}

void NumberLabel::describe()
{
    setAccessibleDescription(QString::number(value_));
}

double NumberLabel::prefixWidth() const
{
    return prefix_.isEmpty() ? 0 : std::ceil(QFontMetricsF(font()).horizontalAdvance(prefix_)) + 8;
}

QSize NumberLabel::sizeHint() const
{
    const auto digits = std::max<qsizetype>(2, QString::number(maximum_).size());
    const double number = style::tabularWidth(style::fontFor(style::TextRole::kBodyMedium), QString(digits, u'0'));
    return {
        static_cast<int>(std::ceil(prefixWidth() + number)) + kEditorPadding + kEditorRoom, style::kControlHeight};
}

void NumberLabel::paintEvent(QPaintEvent*)
{
    const style::Tokens& t = style::tokensFor(palette());
    QPainter painter(this);
    painter.setPen(isEnabled() ? t.text2 : t.text3);
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, prefix_);
    if (editor_->isVisible()) {
        return;
    }
    const bool isStrong = weight_ == Weight::kStrong;
    painter.setFont(style::fontFor(isStrong ? style::TextRole::kBodyMedium : style::TextRole::kBody));
    painter.setPen(!isEnabled() ? t.text3 : isStrong || underMouse() ? t.text : t.text2);
    style::drawTabular(
        painter, QRectF(rect()).adjusted(prefixWidth(), 0, 0, 0), Qt::AlignLeft, QString::number(value_));
}

void NumberLabel::edit()
{
    // Its digits stand where the number stood.
    const int left = static_cast<int>(prefixWidth()) - kEditorPadding;
    editor_->setGeometry(left, 0, width() - left, height());
    editor_->setTextMargins(kEditorPadding - kStylePadding, 0, -kStylePadding, 0);
    editor_->setText(QString::number(value_));
    editor_->selectAll();
    editor_->show();
    editor_->setFocus(Qt::OtherFocusReason);
    update();
}

void NumberLabel::finish(bool isTaken)
{
    if (!editor_->isVisible()) {
        return;
    }
    bool isNumber = false;
    const qint64 typed = editor_->text().trimmed().toLongLong(&isNumber);
    const bool hadFocus = editor_->hasFocus();
    editor_->hide();
    if (hadFocus) {
        setFocus(Qt::OtherFocusReason);
    }
    if (isTaken && isNumber) {
        const qint64 value = std::clamp(typed, minimum_, std::max(minimum_, maximum_));
        if (value != value_) {
            setValue(value);
            Q_EMIT edited(value);
        }
    }
    update();
}

bool NumberLabel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == editor_) {
        if (event->type() == QEvent::FocusOut) {
            finish(true);
        } else if (event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
            finish(false);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void NumberLabel::mousePressEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && isEnabled()) {
        edit();
    }
}

void NumberLabel::keyPressEvent(QKeyEvent* event)
{
    const qint64 step = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
    qint64 wanted = value_;
    switch (event->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_F2:
        edit();
        return;
    case Qt::Key_Up:
        wanted += step;
        break;
    case Qt::Key_Down:
        wanted -= step;
        break;
    default:
        QWidget::keyPressEvent(event);
        return;
    }
    wanted = std::clamp(wanted, minimum_, std::max(minimum_, maximum_));
    if (wanted != value_) {
        setValue(wanted);
        Q_EMIT edited(wanted);
    }
}

void NumberLabel::enterEvent(QEnterEvent*)
{
    setCursor(Qt::IBeamCursor);
    update();
}

void NumberLabel::leaveEvent(QEvent*)
{
    update();
}

} // namespace reelmend::ui::timeline
