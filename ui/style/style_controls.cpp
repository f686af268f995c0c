// Buttons, fields, checks and radios; which element is painted by which function.
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/style.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QStyleOption>
#include <QTimer>
#include <QToolButton>

namespace reelmend::ui::style {

namespace {

bool isEnabled(const QStyleOption& option)
{
    return option.state & QStyle::State_Enabled;
}
bool isHovered(const QStyleOption& option)
{
    return isEnabled(option) && (option.state & QStyle::State_MouseOver);
}
bool isPressed(const QStyleOption& option)
{
    return isEnabled(option) && (option.state & QStyle::State_Sunken);
}

} // namespace

void ReelmendStyle::drawButtonPanel(const QStyleOptionButton& option, QPainter& painter, const QWidget* widget) const
{
    const Tokens& t = tokensFor(option.palette);
    ButtonRole role = buttonRole(widget);
    if (role == ButtonRole::kRaised && (option.features & QStyleOptionButton::Flat)) {
        role = ButtonRole::kFlat;
    }
    QColor ground;
    QColor border;
    switch (role) {
    case ButtonRole::kRaised:
        ground = isPressed(option) ? t.field : isHovered(option) ? t.hover : t.raised;
        border = t.isDark ? QColor() : t.sep;
        break;
    case ButtonRole::kOutlined:
        ground = isPressed(option) ? t.field : isHovered(option) ? t.hover : QColor();
        border = isEnabled(option) ? t.edge : t.sep;
        break;
    case ButtonRole::kFlat:
        ground = isPressed(option) ? t.field : isHovered(option) ? t.hover : QColor();
        break;
    case ButtonRole::kMain:
        // No light or dark steps of the fill in the tokens: hover and press blend it with its own text and ground.
        ground = !isEnabled(option) ? t.raised : t.fill;
        break;
    }
    if (option.state & State_On) {
        ground = t.selection;
    }
    drawRounded(painter, option.rect, kRadiusControl, ground, border);
    if (role == ButtonRole::kMain && (isHovered(option) || isPressed(option))) {
        QColor veil = isPressed(option) ? QColor(Qt::black) : t.onFill;
        veil.setAlphaF(isPressed(option) ? 0.16F : 0.08F);
        drawRounded(painter, option.rect, kRadiusControl, veil, {});
    }
    if (tokensFor(option.palette).edge == t.text2 && role == ButtonRole::kRaised) { // high contrast
        drawRounded(painter, option.rect, kRadiusControl, {}, t.edge);
    }
}

void ReelmendStyle::drawButtonLabel(const QStyleOptionButton& option, QPainter& painter, const QWidget* widget) const
{
    const Tokens& t = tokensFor(option.palette);
    const bool isMain = buttonRole(widget) == ButtonRole::kMain;
    const int gap = kSpace2;
    const int iconSide = option.icon.isNull() ? 0 : option.iconSize.width();
    const int textWidth = option.fontMetrics.horizontalAdvance(option.text);
    const int total = iconSide + (iconSide && !option.text.isEmpty() ? gap : 0) + textWidth;
    int x = option.rect.left() + std::max(kSpace2, (option.rect.width() - total) / 2);
    if (iconSide) {
        const QIcon::Mode mode = !isEnabled(option) ? QIcon::Disabled : QIcon::Active;
        const QRect place(x, option.rect.center().y() - iconSide / 2, iconSide, iconSide);
        option.icon.paint(&painter, place, Qt::AlignCenter, mode);
        x += iconSide + gap;
    }
    painter.setPen(!isEnabled(option) ? t.text3 : isMain ? t.onFill : t.text);
    const QRect place(x, option.rect.top(), option.rect.right() - x, option.rect.height());
    painter.drawText(
        place, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine | Qt::TextHideMnemonic, option.text);
}

void ReelmendStyle::drawToolPanel(const QStyleOption& option, QPainter& painter, const QWidget* widget) const
{
    const Tokens& t = tokensFor(option.palette);
    QColor ground;
    if (option.state & State_On) {
        ground = t.selection;
    } else if (isPressed(option)) {
        ground = t.field;
    } else if (isHovered(option)) {
        ground = t.hover;
    } else if (widget && widget->property("reelmendRaised").toBool()) {
        ground = t.raised;
    }
    drawRounded(painter, option.rect, kRadiusControl, ground, {});
}

void ReelmendStyle::drawField(const QStyleOption& option, QPainter& painter, const QWidget* widget) const
{
    const Tokens& t = tokensFor(option.palette);
    const bool isInvalid = widget && widget->property("reelmendInvalid").toBool();
    const bool isFocused = isEnabled(option) && (option.state & State_HasFocus);
    const QColor ground = isEnabled(option) ? t.field : QColor();
    if (isFocused) {
        drawRounded(painter, option.rect, kRadiusControl, ground, isInvalid ? t.error : t.accent, 2);
    } else {
        drawRounded(painter, option.rect, kRadiusControl, ground,
            isInvalid           ? t.error
            : isEnabled(option) ? (isHovered(option) ? t.track : t.edge)
                                : t.sep);
    }
}

void ReelmendStyle::drawCheck(const QStyleOption& option, QPainter& painter) const
{
    const Tokens& t = tokensFor(option.palette);
    const bool isOn = option.state & (State_On | State_NoChange);
    const QColor ground = isOn ? (isEnabled(option) ? t.fill : t.sep) : (isEnabled(option) ? t.field : QColor());
    const QColor border = isOn && isEnabled(option) ? QColor() : (isEnabled(option) ? t.track : t.sep);
    drawRounded(painter, option.rect, 3, ground, border);
    if (isOn) {
        const QRectF mark = QRectF(option.rect).adjusted(2, 2, -2, -2);
        drawIcon(painter, mark, option.state & State_NoChange ? u"dash-lg" : u"check-lg",
            isEnabled(option) ? t.onFill : t.text3);
    }
}

void ReelmendStyle::drawRadio(const QStyleOption& option, QPainter& painter) const
{
    const Tokens& t = tokensFor(option.palette);
    const bool isOn = option.state & State_On;
    const QRectF rect(option.rect);
    drawRounded(painter, rect, rect.height() / 2, isOn ? (isEnabled(option) ? t.fill : t.sep) : t.field,
        isOn && isEnabled(option) ? QColor() : (isEnabled(option) ? t.track : t.sep));
    if (isOn) {
        const QPointF c = rect.center();
        drawRounded(painter, QRectF(c.x() - 3, c.y() - 3, 6, 6), 3, isEnabled(option) ? t.onFill : t.text3, {});
    }
}

void ReelmendStyle::drawPrimitive(
    PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const
{
    const Tokens& t = tokensFor(option->palette);
    switch (element) {
    case PE_PanelButtonCommand:
        if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option)) {
            drawButtonPanel(*button, *painter, widget);
        }
        return;
    case PE_PanelButtonTool:
    case PE_PanelButtonBevel:
        drawToolPanel(*option, *painter, widget);
        return;
    case PE_PanelLineEdit: {
        const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
        if (frame && frame->lineWidth > 0) {
            drawField(*option, *painter, widget);
        }
        return; // without a frame it lies in a spin box or combo box, which paints the field
    }
    case PE_IndicatorCheckBox:
    case PE_IndicatorItemViewItemCheck:
        drawCheck(*option, *painter);
        return;
    case PE_IndicatorRadioButton:
        drawRadio(*option, *painter);
        return;
    case PE_FrameFocusRect:
    case PE_FrameButtonTool:
    case PE_FrameDefaultButton:
    case PE_FrameStatusBarItem:
    case PE_FrameTabBarBase:
    case PE_PanelStatusBar:
    case PE_PanelMenuBar:
        return;
    case PE_IndicatorArrowDown:
        drawIcon(*painter, QRectF(option->rect), u"chevron-down", isEnabled(*option) ? t.text2 : t.text3);
        return;
    case PE_IndicatorArrowUp:
        drawIcon(*painter, QRectF(option->rect), u"chevron-up", isEnabled(*option) ? t.text2 : t.text3);
        return;
    case PE_IndicatorArrowRight:
        drawIcon(*painter, QRectF(option->rect), u"chevron-right", isEnabled(*option) ? t.text2 : t.text3);
        return;
    case PE_IndicatorArrowLeft:
        drawIcon(*painter, QRectF(option->rect), u"chevron-left", isEnabled(*option) ? t.text2 : t.text3);
        return;
    case PE_PanelMenu:
        painter->fillRect(option->rect, t.panel);
        return;
    case PE_FrameMenu:
        drawRounded(*painter, option->rect, kRadiusControl, {}, t.edge);
        return;
    case PE_PanelTipLabel:
        painter->fillRect(option->rect,
            t.isDark == tokensFor(option->palette).isDark ? option->palette.window() : option->palette.toolTipBase());
        return;
    case PE_Frame:
    case PE_FrameLineEdit:
    case PE_FrameWindow:
        // A drop-down list floats over the panel and needs the stronger line.
        drawRounded(
            *painter, option->rect, 0, {}, widget && widget->inherits("QComboBoxPrivateContainer") ? t.edge : t.sep);
        return;
    case PE_PanelItemViewItem:
    case PE_PanelItemViewRow:
        if (option->state & State_Selected) {
            drawRounded(*painter, option->rect, element == PE_PanelItemViewItem ? kRadiusBlock : 0, t.selection, {});
        } else if (isHovered(*option)) {
            drawRounded(*painter, option->rect, element == PE_PanelItemViewItem ? kRadiusBlock : 0, t.sep, {});
        }
        return;
    default:
        QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
}

void ReelmendStyle::drawControl(
    ControlElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const
{
    const Tokens& t = tokensFor(option->palette);
    switch (element) {
    case CE_PushButtonBevel:
        if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option)) {
            drawButtonPanel(*button, *painter, widget);
        }
        return;
    case CE_PushButtonLabel:
        if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option)) {
            drawButtonLabel(*button, *painter, widget);
        }
        return;
    case CE_FocusFrame:
        drawRounded(*painter, option->rect, kRadiusControl + 3, {}, t.accent, 2);
        return;
    case CE_Splitter: {
        const bool isBar = !(option->state & State_Horizontal); // a horizontal line between rows
        const QPointF c = QRectF(option->rect).center();
        if (isBar) {
            drawHorizontalLine(*painter, c.y() - 0.5, option->rect.left(), option->rect.right() + 1, t.line);
        } else {
            drawVerticalLine(*painter, c.x() - 0.5, option->rect.top(), option->rect.bottom() + 1, t.line);
        }
        return;
    }
    case CE_ComboBoxLabel: {
        const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(option);
        if (!combo || combo->editable) {
            break;
        }
        QRect rect = subControlRect(CC_ComboBox, combo, SC_ComboBoxEditField, widget);
        painter->setPen(isEnabled(*option) ? t.text : t.text3);
        if (!combo->currentIcon.isNull()) {
            const QRect place(rect.left(), rect.center().y() - 8, 16, 16);
            combo->currentIcon.paint(
                painter, place, Qt::AlignCenter, isEnabled(*option) ? QIcon::Normal : QIcon::Disabled);
            rect.setLeft(rect.left() + 24);
        }
        painter->drawText(rect, Qt::AlignLeft | Qt::AlignVCenter,
            option->fontMetrics.elidedText(combo->currentText, Qt::ElideRight, rect.width()));
        return;
    }
    case CE_ProgressBarGroove:
        return;
    case CE_ProgressBarContents:
        if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option)) {
            drawProgress(*bar, *painter, widget);
        }
        return;
    case CE_ProgressBarLabel:
        return; // the number stands beside the bar
    case CE_MenuItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option)) {
            drawMenuItem(*item, *painter, widget);
        }
        return;
    case CE_MenuBarItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option)) {
            drawMenuBarItem(*item, *painter);
        }
        return;
    case CE_MenuBarEmptyArea:
    case CE_MenuEmptyArea:
        return;
    case CE_TabBarTabShape:
    case CE_TabBarTabLabel:
        if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(option)) {
            drawTab(*tab, *painter, element == CE_TabBarTabShape, element == CE_TabBarTabLabel);
        }
        return;
    default:
        break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

} // namespace reelmend::ui::style
