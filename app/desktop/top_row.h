#pragma once
#include <QWidget>

class QMenuBar;

namespace reelmend::desktop {

class Actions;

// The first row of the window, 36 px: the menus at the left, undo and redo at the right.
class TopRow : public QWidget {
    Q_OBJECT

public:
    explicit TopRow(const Actions& actions, QWidget* parent = nullptr);

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace reelmend::desktop
