#pragma once
#include <QDoubleSpinBox>
#include <QWidget>

class QLabel;
class QSlider;

namespace reelmend::ui::style {

// A number with a lighter unit and without arrows: type it, step it (arrows, Shift ×10), or drag across it to scrub.
class NumberBox : public QDoubleSpinBox {
    Q_OBJECT
public:
    explicit NumberBox(const QString& accessibleName, QWidget* parent = nullptr);

    void setUnit(const QString& unit);                // "px", "%"; drawn after the number with a space
    void setUnit(const QString& unit, bool hasSpace); // "×" stands close
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
    bool eventFilter(QObject* watched, QEvent* event) override;

Q_SIGNALS:
    void scrubbing(bool isScrubbing); // between press and release of a drag: merge undo steps between

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void changeEvent(QEvent* event) override;
    QString textFromValue(double value) const override;

private:
    void placeUnit();
    double unitWidth() const;

    QString unit_;
    bool unitHasSpace_ = true;
    bool isPressed_ = false;
    bool isScrubbing_ = false;
    double pressX_ = 0;
    double pressValue_ = 0;
};

// Slider and number side by side (or the number alone) for one value. Emits valueChanged for every change by the
// artist or setValue(), and committed once a drag, key press or typed number is done.
class NumberField : public QWidget {
    Q_OBJECT
public:
    explicit NumberField(const QString& accessibleName, QWidget* parent = nullptr);

    void setRange(double minimum, double maximum, int decimals = 0);
    void setStep(double step);
    void setUnit(const QString& unit, bool hasSpace = true);
    void setDefaultValue(double value); // double-click on the label or Backspace on the slider goes back to it
    void setSliderVisible(bool isVisible);
    void setLabel(QLabel* label); // its double-click resets

    double value() const;
    void setValue(double value);
    void reset();
    bool isChanged() const; // from the default
    NumberBox* box() const { return box_; }
    QSlider* slider() const { return slider_; }
    bool eventFilter(QObject* watched, QEvent* event) override;

Q_SIGNALS:
    void valueChanged(double value);
    void committed(double value);

private:
    int toSlider(double value) const;
    double fromSlider(int position) const;

    QSlider* slider_;
    NumberBox* box_;
    double default_ = 0;
    bool isCommitPending_ = false;
};

} // namespace reelmend::ui::style
