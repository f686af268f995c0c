#pragma once
#include <QWidget>

#include "ui/masks/mask_tools.h"

class QButtonGroup;

namespace reelmend::ui::masks {

// The tools as a 40 px column of icons; V, H, B, E, R choose. Up and down move between them.
class ToolStrip : public QWidget {
    Q_OBJECT
public:
    explicit ToolStrip(QWidget* parent = nullptr);

    void setTools(MaskTools* tools);
    QSize sizeHint() const override { return {40, 200}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    MaskTools* tools_ = nullptr;
    QButtonGroup* group_;
};

} // namespace reelmend::ui::masks
