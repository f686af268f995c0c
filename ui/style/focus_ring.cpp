#include "ui/style/focus_ring.h"

#include "ui/style/style.h"

#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QTextEdit>

namespace reelmend::ui::style {

namespace {

constexpr const char* kOwnRing = "reelmendOwnFocusRing";
constexpr const char* kVisible = "reelmendFocusVisible";

// Fields mark themselves by their border, sliders by their handle, menus by their selection.
bool needsFrame(const QWidget* widget)
{
    return !widget->property(kOwnRing).toBool() && !qobject_cast<const QLineEdit*>(widget) &&
           !qobject_cast<const QAbstractSpinBox*>(widget) && !qobject_cast<const QSlider*>(widget) &&
           !qobject_cast<const QMenu*>(widget) && !qobject_cast<const QTextEdit*>(widget) &&
           !qobject_cast<const QPlainTextEdit*>(widget) && !widget->isWindow();
}

bool movesFocus(int key)
{
    switch (key) {
    case Qt::Key_Shift:
    case Qt::Key_Control:
    case Qt::Key_Alt:
    case Qt::Key_Meta:
    case Qt::Key_AltGr:
        return false; // chords with the mouse are not keyboard use
    default:
        return true;
    }
}

} // namespace

FocusRing::FocusRing(QApplication& application)
    : QObject(&application)
{
    application.installEventFilter(this);
    connect(&application, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) { follow(now); });
}

bool FocusRing::eventFilter(QObject* watched, QEvent* event)
{
    switch (event->type()) {
    case QEvent::KeyPress:
        if (movesFocus(static_cast<QKeyEvent*>(event)->key())) {
            setKeyboardInUse(true);
        }
        break;
    case QEvent::MouseButtonPress:
    case QEvent::TabletPress:
        setKeyboardInUse(false);
        break;
    case QEvent::FocusIn: {
        const Qt::FocusReason reason = static_cast<QFocusEvent*>(event)->reason();
        if (reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason || reason == Qt::ShortcutFocusReason) {
            setKeyboardInUse(true);
        }
        break;
    }
    default:
        break;
    }
    return QObject::eventFilter(watched, event);
}

void FocusRing::setKeyboardInUse(bool isInUse)
{
    if (isKeyboardInUse_ != isInUse) {
        isKeyboardInUse_ = isInUse;
        follow(QApplication::focusWidget());
    }
}

void FocusRing::follow(QWidget* widget)
{
    if (marked_ && (marked_ != widget || !isKeyboardInUse_)) {
        marked_->setProperty(kVisible, false);
        marked_->update();
        marked_ = nullptr;
    }
    if (widget && isKeyboardInUse_) {
        widget->setProperty(kVisible, true);
        widget->update();
        marked_ = widget;
    }
    const bool isFramed = widget && isKeyboardInUse_ && needsFrame(widget);
    if (!isFramed) {
        if (frame_) {
            frame_->setWidget(nullptr);
        }
        return;
    }
    if (!frame_) { // a frame dies with the window that it was last shown in
        frame_ = new QFocusFrame;
    }
    frame_->setWidget(widget);
}

bool isFocusVisible(const QWidget* widget)
{
    return widget && widget->hasFocus() && widget->property(kVisible).toBool();
}

void setOwnsFocusRing(QWidget* widget)
{
    widget->setProperty(kOwnRing, true);
}

} // namespace reelmend::ui::style
