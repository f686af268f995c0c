#pragma once
#include <QPushButton>

namespace reelmend::desktop {

// A text that does something, in the colour of links: one stop of Tab, taken by Enter and Space.
class LinkButton : public QPushButton {
    Q_OBJECT

public:
    explicit LinkButton(const QString& text, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace reelmend::desktop
