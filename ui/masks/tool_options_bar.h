#pragma once
#include <QWidget>

#include "ui/masks/mask_tools.h"

namespace reelmend::ui::style {
class NumberBox;
class TextLabel;
} // namespace reelmend::ui::style

namespace reelmend::ui::masks {

class MaskDocument;

// The left end of the viewer's header: the tool's name and its numbers. Brush and eraser: size and hardness.
// Rectangle and select: position and size of the rectangle drawn last.
class ToolOptionsBar : public QWidget {
    Q_OBJECT
public:
    explicit ToolOptionsBar(QWidget* parent = nullptr);

    void setTools(MaskTools* tools, MaskDocument* document);

private:
    void refresh();
    void refreshRectangle();
    void takeRectangle();

    MaskTools* tools_ = nullptr;
    MaskDocument* document_ = nullptr;
    style::TextLabel* name_;
    QWidget* brushPart_;
    style::NumberBox* size_;
    style::NumberBox* hardness_;
    QWidget* rectanglePart_;
    style::NumberBox* fields_[4];
};

} // namespace reelmend::ui::masks
