#pragma once
#include <QPointer>
#include <QWidget>

namespace reelmend::ui::style {
class IconButton;
class TextLabel;
} // namespace reelmend::ui::style

namespace reelmend::ui::viewer {
class Player;
}

namespace reelmend::ui::timeline {

class NumberLabel;

// Time code and frame, the transport buttons, in and out, length and rate. 40 px high. Numbers keep their places.
class TransportBar : public QWidget {
    Q_OBJECT
public:
    explicit TransportBar(QWidget* parent = nullptr);

    void setPlayer(viewer::Player* player); // null: everything disabled
    // Takes the place of in, out, length and rate: "Hold S for the source" in the comparison. Null puts them back.
    void setHint(QWidget* hint);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void refreshClip();
    void showRight();
    void refreshFrame();
    void refreshRange();
    void refreshState();

    QPointer<viewer::Player> player_;
    QWidget* left_;
    QWidget* right_;
    QWidget* facts_;
    QPointer<QWidget> hint_;
    style::TextLabel* timecode_;
    NumberLabel* frame_;
    style::IconButton* toStart_;
    style::IconButton* back_;
    style::IconButton* play_;
    style::IconButton* forward_;
    style::IconButton* toEnd_;
    style::IconButton* loop_;
    NumberLabel* in_;
    NumberLabel* out_;
    style::TextLabel* length_;
    QWidget* separator_;
    style::TextLabel* rate_;
};

} // namespace reelmend::ui::timeline
