#pragma once
#include <QProxyStyle>

#include "ui/style/tokens.h"

class QAbstractButton;
class QApplication;
class QStyleOptionButton;
class QStyleOptionComplex;
class QStyleOptionMenuItem;
class QStyleOptionProgressBar;
class QStyleOptionSlider;
class QStyleOptionTab;
class QStyleOptionToolButton;

namespace reelmend::ui::style {

// Fusion, painted from the tokens that a widget's palette stands for.
class ReelmendStyle : public QProxyStyle {
    Q_OBJECT
public:
    ReelmendStyle();

    void polish(QWidget* widget) override;
    void unpolish(QWidget* widget) override;
    using QProxyStyle::polish;
    using QProxyStyle::unpolish;

    int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
    int styleHint(
        StyleHint hint, const QStyleOption* option, const QWidget* widget, QStyleHintReturn* returned) const override;
    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
        const QWidget* widget) const override;
    void drawControl(
        ControlElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
        const QWidget* widget) const override;
    QRect subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
        const QWidget* widget) const override;
    QRect subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const override;
    QSize sizeFromContents(
        ContentsType type, const QStyleOption* option, const QSize& size, const QWidget* widget) const override;
    QIcon standardIcon(StandardPixmap pixmap, const QStyleOption* option, const QWidget* widget) const override;

private:
    void drawButtonPanel(const QStyleOptionButton& option, QPainter& painter, const QWidget* widget) const;
    void drawButtonLabel(const QStyleOptionButton& option, QPainter& painter, const QWidget* widget) const;
    void drawToolPanel(const QStyleOption& option, QPainter& painter, const QWidget* widget) const;
    void drawField(const QStyleOption& option, QPainter& painter, const QWidget* widget) const;
    void drawCheck(const QStyleOption& option, QPainter& painter) const;
    void drawRadio(const QStyleOption& option, QPainter& painter) const;
    void drawCombo(const QStyleOptionComplex& option, QPainter& painter, const QWidget* widget) const;
    void drawSlider(const QStyleOptionSlider& option, QPainter& painter, const QWidget* widget) const;
    void drawScrollBar(const QStyleOptionSlider& option, QPainter& painter, const QWidget* widget) const;
    void drawProgress(const QStyleOptionProgressBar& option, QPainter& painter, const QWidget* widget) const;
    void drawMenuItem(const QStyleOptionMenuItem& option, QPainter& painter, const QWidget* widget) const;
    void drawMenuBarItem(const QStyleOptionMenuItem& option, QPainter& painter) const;
    void drawTab(const QStyleOptionTab& option, QPainter& painter, bool withShape, bool withLabel) const;

    QTimer* busyTimer_ = nullptr; // turns bars of unknown progress; runs only while one is shown
    QList<QWidget*> progressBars_;
};

// What a push button looks like. kMain: one per view, at the bottom right of its panel.
enum class ButtonRole { kRaised, kOutlined, kFlat, kMain };
void setButtonRole(QAbstractButton* button, ButtonRole role);
ButtonRole buttonRole(const QWidget* button);
// Marks a line edit, spin box or combo box as holding something impossible: red border (say why beside it).
void setInvalid(QWidget* field, bool isInvalid);
// A combo box without ground and border, for bars ("141 %").
void setFlatCombo(QWidget* comboBox, bool isFlat);
// What a plain container stands on; see the generated style sheet.
enum class Ground { kNone, kWin, kPanel, kCard, kField, kWell };
void setGround(QWidget* widget, Ground ground);

// Palette, style, style sheet, fonts, tool tips and the keyboard focus ring of the whole program. May be called again
// to change theme; widgets repaint by themselves.
void applyTheme(QApplication& application, Theme theme, Contrast contrast = Contrast::kNormal);

// True while `widget` has the focus and the keyboard put it there (or was used since): painted widgets that show
// focus themselves (setOwnsFocusRing) ask this.
bool isFocusVisible(const QWidget* widget);
// No ring round this widget: it paints its own.
void setOwnsFocusRing(QWidget* widget);

// 1 with "reduce motion" off, 0 with it on: multiply durations. Set on the application as property "reduceMotion".
int motionMilliseconds(int milliseconds);

} // namespace reelmend::ui::style
