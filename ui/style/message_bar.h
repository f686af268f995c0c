#pragma once
#include <QFrame>
#include <QList>

class QHBoxLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace reelmend::ui::style {

enum class MessageKind { kInfo, kGood, kWarn, kError };

// A message beside its cause, in the layout, never a pop-up: coloured ground, 3 px border at the left, an icon, what
// happened, why and what to try, and buttons. Hidden until showMessage(). Announced to screen readers.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(QWidget* parent = nullptr);

    // Replaces what is shown and removes the buttons. `title` may stand alone.
    void showMessage(MessageKind kind, const QString& title, const QString& details = {});
    // Buttons from left to right; the first one added with isMain is the way on. Returns the button to connect.
    QPushButton* addAction(const QString& text, bool isMain = false);
    void setClosable(bool isClosable);
    void dismiss();

    MessageKind kind() const { return kind_; }
    QString title() const;
    QString details() const;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;

Q_SIGNALS:
    void dismissed();

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    MessageKind kind_ = MessageKind::kInfo;
    QLabel* title_;
    QLabel* details_;
    QWidget* actions_;
    QHBoxLayout* actionsLayout_;
    QToolButton* close_;
};

} // namespace reelmend::ui::style
