#pragma once
#include <QFocusFrame>
#include <QObject>
#include <QPointer>

class QApplication;

namespace reelmend::ui::style {

// Shows a 2 px accent ring round the focused widget while the keyboard is in use; the first press of a mouse button
// hides it. One per application, owned by it.
class FocusRing : public QObject {
    Q_OBJECT
public:
    explicit FocusRing(QApplication& application);

    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void follow(QWidget* widget);
    void setKeyboardInUse(bool isInUse);

    QPointer<QFocusFrame> frame_;
    QPointer<QWidget> marked_;
    bool isKeyboardInUse_ = false;
};

} // namespace reelmend::ui::style
