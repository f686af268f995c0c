#include "ui/style/number_field.h"

#include "ui/style/fonts.h"
#include "ui/style/paint.h"
#include "ui/style/style.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QSlider>

#include <cmath>

namespace reelmend::ui::style {

using namespace Qt::StringLiterals;

namespace {

constexpr double kPixelsPerStep = 4;
constexpr int kDragThreshold = 4;
constexpr int kUnitRight = 9;

} // namespace

NumberBox::NumberBox(const QString& accessibleName, QWidget* parent)
    : QDoubleSpinBox(parent)
{
    setAccessibleName(accessibleName);
    setButtonSymbols(NoButtons);
    setAlignment(Qt::AlignRight);
    setKeyboardTracking(false);
    setDecimals(0);
    setCorrectionMode(CorrectToNearestValue);
    setAccelerated(true);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    lineEdit()->installEventFilter(this);
    lineEdit()->setCursor(Qt::SizeHorCursor);
}

void NumberBox::setUnit(const QString& unit)
{
    setUnit(unit, true);
}

void NumberBox::setUnit(const QString& unit, bool hasSpace)
{
    unit_ = unit;
    unitHasSpace_ = hasSpace;
    setAccessibleDescription(unit);
    placeUnit();
    updateGeometry();
}

double NumberBox::unitWidth() const
{
    if (unit_.isEmpty()) {
        return 0;
    }
    const QFontMetricsF metrics(font());
    return std::ceil(metrics.horizontalAdvance(unit_) + (unitHasSpace_ ? 4 : 1));
}

void NumberBox::placeUnit()
{
    lineEdit()->setTextMargins(0, 0, static_cast<int>(unitWidth()), 0);
}

QSize NumberBox::sizeHint() const
{
    const QFontMetricsF metrics(font());
    const double low = metrics.horizontalAdvance(textFromValue(minimum()));
    const double high = metrics.horizontalAdvance(textFromValue(maximum()));
    const double width = std::max(low, high) + unitWidth() + 22;
    return {std::max(52, static_cast<int>(std::ceil(width))),
        std::max(kControlHeight, static_cast<int>(metrics.height()) + 10)};
}

QString NumberBox::textFromValue(double value) const
{
    QLocale plain = locale(); // 9000, not 9,000: a field is typed into
    plain.setNumberOptions(plain.numberOptions() | QLocale::OmitGroupSeparator);
    return plain.toString(value, 'f', decimals());
}

void NumberBox::paintEvent(QPaintEvent* event)
{
    QDoubleSpinBox::paintEvent(event);
    if (!unit_.isEmpty()) {
        const Tokens& t = tokensFor(palette());
        QPainter painter(this);
        painter.setPen(isEnabled() ? t.text2 : t.text3);
        painter.drawText(QRectF(rect()).adjusted(0, 0, -kUnitRight, 0), Qt::AlignRight | Qt::AlignVCenter, unit_);
    }
}

void NumberBox::changeEvent(QEvent* event)
{
    QDoubleSpinBox::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        placeUnit();
    }
}

void NumberBox::keyPressEvent(QKeyEvent* event)
{
    if ((event->key() == Qt::Key_Up || event->key() == Qt::Key_Down) && event->modifiers() == Qt::ShiftModifier) {
        stepBy(event->key() == Qt::Key_Up ? 10 : -10);
        event->accept();
        return;
    }
    const bool isDone = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    QDoubleSpinBox::keyPressEvent(event);
    if (isDone) {
        event->accept(); // Enter ends the editing; it must not start the main button as well
        selectAll();
    }
}

void NumberBox::wheelEvent(QWheelEvent* event)
{
    if (hasFocus()) {
        QDoubleSpinBox::wheelEvent(event);
    } else {
        event->ignore(); // the panel below scrolls; a number never changes by accident
    }
}

bool NumberBox::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != lineEdit() || !isEnabled()) {
        return QDoubleSpinBox::eventFilter(watched, event);
    }
    switch (event->type()) {
    case QEvent::MouseButtonPress: {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        if (mouse->button() != Qt::LeftButton || lineEdit()->hasFocus()) {
            break; // while it is being edited the mouse selects text
        }
        isPressed_ = true;
        pressX_ = mouse->globalPosition().x();
        pressValue_ = value();
        return true;
    }
    case QEvent::MouseMove: {
        if (!isPressed_) {
            break;
        }
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const double moved = mouse->globalPosition().x() - pressX_;
        if (!isScrubbing_ && std::abs(moved) >= kDragThreshold) {
            isScrubbing_ = true;
            Q_EMIT scrubbing(true);
        }
        if (isScrubbing_) {
            const double factor = mouse->modifiers() & Qt::ShiftModifier ? 10 : 1;
            setValue(pressValue_ + std::round(moved / kPixelsPerStep) * singleStep() * factor);
        }
        return true;
    }
    case QEvent::MouseButtonRelease:
        if (isPressed_) {
            isPressed_ = false;
            if (isScrubbing_) {
                isScrubbing_ = false;
                Q_EMIT scrubbing(false);
                Q_EMIT editingFinished();
            } else {
                lineEdit()->setFocus(Qt::MouseFocusReason);
                lineEdit()->selectAll();
            }
            return true;
        }
        break;
    case QEvent::FocusIn:
        lineEdit()->setCursor(Qt::IBeamCursor);
        update();
        break;
    case QEvent::FocusOut:
        lineEdit()->setCursor(Qt::SizeHorCursor);
        update();
        break;
    default:
        break;
    }
    return QDoubleSpinBox::eventFilter(watched, event);
}

NumberField::NumberField(const QString& accessibleName, QWidget* parent)
    : QWidget(parent)
    , slider_(new QSlider(Qt::Horizontal, this))
    , box_(new NumberBox(accessibleName, this))
{
    slider_->setAccessibleName(accessibleName);
    slider_->setFocusPolicy(Qt::StrongFocus);
    slider_->installEventFilter(this);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kSpace2);
    layout->addWidget(slider_, 1);
    layout->addWidget(box_);
    setFocusProxy(box_);
    setRange(0, 100);
    connect(slider_, &QSlider::valueChanged, this, [this](int position) {
        if (position != toSlider(box_->value())) {
            box_->setValue(fromSlider(position));
        }
        if (!slider_->isSliderDown()) {
            Q_EMIT committed(value());
        }
    });
    connect(slider_, &QSlider::sliderReleased, this, [this] { Q_EMIT committed(value()); });
    connect(box_, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        const QSignalBlocker blocker(slider_);
        slider_->setValue(toSlider(value));
        isCommitPending_ = true;
        Q_EMIT valueChanged(value);
    });
    connect(box_, &QDoubleSpinBox::editingFinished, this, [this] {
        if (std::exchange(isCommitPending_, false)) {
            Q_EMIT committed(value());
        }
    });
}

int NumberField::toSlider(double value) const
{
    return qRound(value * std::pow(10.0, box_->decimals()));
}

double NumberField::fromSlider(int position) const
{
    return position / std::pow(10.0, box_->decimals());
}

void NumberField::setRange(double minimum, double maximum, int decimals)
{
    box_->setDecimals(decimals);
    box_->setRange(minimum, maximum);
    const QSignalBlocker blocker(slider_);
    slider_->setRange(toSlider(minimum), toSlider(maximum));
    setStep(box_->singleStep());
}

void NumberField::setStep(double step)
{
    box_->setSingleStep(step);
    slider_->setSingleStep(std::max(1, toSlider(step)));
    slider_->setPageStep(std::max(1, toSlider(step * 10)));
}

void NumberField::setUnit(const QString& unit, bool hasSpace)
{
    box_->setUnit(unit, hasSpace);
}

void NumberField::setDefaultValue(double value)
{
    default_ = value;
}

void NumberField::setSliderVisible(bool isVisible)
{
    slider_->setVisible(isVisible);
    setSizePolicy(isVisible ? QSizePolicy::Expanding : QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void NumberField::setLabel(QLabel* label)
{
    label->setBuddy(box_);
    label->installEventFilter(this);
}

double NumberField::value() const
{
    return box_->value();
}

void NumberField::setValue(double value)
{
    box_->setValue(value);
    isCommitPending_ = false;
}

void NumberField::reset()
{
    box_->setValue(default_);
    isCommitPending_ = false;
    Q_EMIT committed(value());
}

bool NumberField::isChanged() const
{
    return std::abs(value() - default_) > 1e-9;
}

bool NumberField::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::MouseButtonDblClick && watched != slider_) {
        reset();
        return true;
    }
    if (watched == slider_ && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool isShifted = key->modifiers() & Qt::ShiftModifier;
        if (key->key() == Qt::Key_Backspace) {
            reset();
            return true;
        }
        if (isShifted && (key->key() == Qt::Key_Left || key->key() == Qt::Key_Right)) {
            const int steps = key->key() == Qt::Key_Right ? 10 : -10;
            slider_->setValue(slider_->value() + steps * slider_->singleStep());
            return true;
        }
    }
    if (watched == slider_ && event->type() == QEvent::Wheel && !slider_->hasFocus()) {
        event->ignore();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace reelmend::ui::style
