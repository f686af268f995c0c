#pragma once
#include <QList>
#include <QUrl>
#include <QWidget>

class QLabel;

namespace reelmend::desktop {

// A dashed frame that takes clips and offers to choose them.
class DropArea : public QWidget {
    Q_OBJECT

public:
    explicit DropArea(QWidget* parent = nullptr);

Q_SIGNALS:
    void openRequested();
    void openFolderRequested();
    void filesDropped(const QList<QUrl>& files);

protected:
    void paintEvent(QPaintEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void showIcon();

    QLabel* icon_;
    bool isOver_ = false;
};

} // namespace reelmend::desktop
