#pragma once
#include <QWidget>

#include "app/desktop/actions.h"

namespace reelmend::desktop {

// A sheet over the window on a dark veil, not a dialog of its own: the focus stays inside, Escape or a click beside
// it closes it. Deletes itself.
class Sheet : public QWidget {
    Q_OBJECT

public:
    // `content` becomes the sheet's inside; the sheet grows with it up to the window.
    Sheet(const QString& title, QWidget* content, QWidget* window);

protected:
    bool event(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool focusNextPrevChild(bool isNext) override;

private:
    QWidget* frame_;
};

void showShortcuts(const Actions& actions, QWidget* window);
void showAbout(QWidget* window);

} // namespace reelmend::desktop
