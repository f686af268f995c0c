#pragma once
#include <QWidget>

class QToolButton;

namespace reelmend::ui::style {
class TextLabel;
}

namespace reelmend::desktop {

class Workbench;

// The bottom row, 24 px: what is open or going on at the left; cache, machine and engine at the right.
class StatusLine : public QWidget {
    Q_OBJECT

public:
    explicit StatusLine(Workbench& workbench, QWidget* parent = nullptr);

    void setCached(qint64 cached, qint64 frames); // frames 0: nothing is shown
    void setDevice(const QString& device);        // "Processor, 8 cores"

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void showClip();
    void showEngine();
    void setBusy(const QString& text);

    Workbench& workbench_;
    ui::style::TextLabel* facts_;
    QToolButton* cancel_;
    ui::style::TextLabel* cached_;
    ui::style::TextLabel* device_;
    QWidget* dot_;
    ui::style::TextLabel* engine_;
    QString busy_;
};

} // namespace reelmend::desktop
