#pragma once
#include <QWidget>

class QLineEdit;

namespace reelmend::ui::timeline {

// "Frame 55": a number that reads as text with equal-width digits and can be typed: click it, or Enter; up and down
// step (Shift ×10).
class NumberLabel : public QWidget {
    Q_OBJECT
public:
    enum class Weight { kQuiet, kStrong };
    NumberLabel(const QString& prefix, Weight weight, const QString& accessibleName, QWidget* parent = nullptr);

    void setRange(qint64 minimum, qint64 maximum); // also decides the width
    void setValue(qint64 value);
    qint64 value() const { return value_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
    bool eventFilter(QObject* watched, QEvent* event) override;

Q_SIGNALS:
    void edited(qint64 value); // by the artist, within the range

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void edit();
    void finish(bool isTaken);
    void describe();
    double prefixWidth() const;

    QString prefix_;
    Weight weight_;
    QLineEdit* editor_;
    qint64 value_ = 0;
    qint64 minimum_ = 0;
    qint64 maximum_ = 0;
};

} // namespace reelmend::ui::timeline
