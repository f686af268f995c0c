#pragma once
#include <QWidget>

#include "core/video/display_transform.h"

class QComboBox;
class QToolButton;

namespace reelmend::ui::style {
class TextLabel;
}

namespace reelmend::ui::viewer {

class PictureCanvas;

// The right end of the viewer's header: overlay on and off, zoom in percent, Fit, 1:1.
class ViewBar : public QWidget {
    Q_OBJECT
public:
    explicit ViewBar(QWidget* parent = nullptr);

    void setCanvas(PictureCanvas* canvas); // the one it shows and steers; null: disabled
    void setOverlayShown(bool isShown);
    // How the clip is brought to the screen, in a word; kNone: nothing is said.
    void setTransform(video::DisplayTransform transform);
    void setOverlayToggleVisible(bool isVisible);

Q_SIGNALS:
    void overlayToggled(bool isShown);

private:
    void refresh();

    PictureCanvas* canvas_ = nullptr;
    style::TextLabel* transform_;
    QToolButton* overlay_;
    QWidget* separator_;
    QComboBox* zoom_;
    QToolButton* fit_;
    QToolButton* actual_;
};

} // namespace reelmend::ui::viewer
