#pragma once
#include <QWidget>

#include "ui/session/document.h"

class QLabel;

namespace reelmend::ui::style {
class IconButton;
class MessageBar;
class TextLabel;
} // namespace reelmend::ui::style

namespace reelmend::ui::tasks {

// What the mask is, for the tasks that take one: painted, from a file, or what to do to get one. Bad news about the
// mask stands here too.
class MaskCard : public QWidget {
    Q_OBJECT

public:
    explicit MaskCard(session::Document& document, QWidget* parent = nullptr);

    void setCoverage(double fraction);                                  // of the picture that is painted, 0…1
    void setProblem(const QString& title, const QString& details = {}); // empty: none

Q_SIGNALS:
    void loadRequested();
    void clearRequested();

protected:
    void changeEvent(QEvent* event) override;

private:
    void showState();

    session::Document& document_;
    double coverage_ = 0;
    QLabel* icon_;
    style::TextLabel* state_;
    QLabel* help_;
    style::IconButton* load_;
    style::IconButton* clear_;
    style::MessageBar* problem_;
};

} // namespace reelmend::ui::tasks
