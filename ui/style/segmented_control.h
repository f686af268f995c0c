#pragma once
#include <QWidget>

class QButtonGroup;
class QHBoxLayout;

namespace reelmend::ui::style {

// Two to five choices of which one holds, side by side in one frame. One tab stop; arrow keys choose.
class SegmentedControl : public QWidget {
    Q_OBJECT
public:
    explicit SegmentedControl(const QString& accessibleName, QWidget* parent = nullptr);

    int addSegment(const QString& text, QStringView iconName = {}, const QString& tip = {}); // returns its index
    int count() const;
    int currentIndex() const;
    void setCurrentIndex(int index); // emits currentChanged when it differs
    void setSegmentEnabled(int index, bool isEnabled);
    void setStretched(bool isStretched); // equal shares of the whole width

    QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    void currentChanged(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    QButtonGroup* group_;
    QHBoxLayout* layout_;
};

} // namespace reelmend::ui::style
