#pragma once
#include <QWidget>

class QButtonGroup;

namespace reelmend::ui::style {

// Two to five choices of which one holds, side by side in one frame. One tab stop; arrow keys choose. No word is ever
// cut: when a stretched control is too narrow for one line, the choices stand in two.
class SegmentedControl : public QWidget {
    Q_OBJECT
public:
    explicit SegmentedControl(const QString& accessibleName, QWidget* parent = nullptr);

    int addSegment(const QString& text, QStringView iconName = {}, const QString& tip = {}); // returns its index
    int count() const;
    int currentIndex() const;
    void setCurrentIndex(int index); // emits currentChanged when it differs
    void setSegmentEnabled(int index, bool isEnabled);
    void setStretched(bool isStretched); // over the whole width

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void currentChanged(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    int lineHeight() const;
    int widthOf(int begin, int end) const;  // that these segments need
    int firstOfSecondLine(int width) const; // count() when one line is enough
    void place();

    QButtonGroup* group_;
    bool isStretched_ = false;
};

} // namespace reelmend::ui::style
