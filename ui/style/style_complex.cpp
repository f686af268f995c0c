// Combo boxes, spin boxes, sliders, scroll bars, progress, menus and tabs.
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/style.h"

#include <QDateTime>
#include <QKeySequence>
#include <QLineEdit>
#include <QPainter>
#include <QProgressBar>
#include <QStyleOption>
#include <QTimer>
#include <QToolButton>

namespace reelmend::ui::style {

using namespace Qt::StringLiterals;

namespace {

bool isEnabled(const QStyleOption& option)
{
    return option.state & QStyle::State_Enabled;
}

// "Ctrl+Shift+T" as "Ctrl Shift T", which is how keys are written everywhere in the program.
QString spacedKeys(const QString& keys)
{
    QString text = keys;
    for (qsizetype i = 1; i + 1 < text.size(); ++i) {
        if (text[i] == u'+') {
            text[i] = u' ';
        }
    }
    return text;
}

constexpr int kMenuItemHeight = 28;
constexpr int kMenuCheckColumn = 24;

} // namespace

void ReelmendStyle::drawCombo(const QStyleOptionComplex& option, QPainter& painter, const QWidget* widget) const
{
    const Tokens& t = tokensFor(option.palette);
    const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(&option);
    const bool isHovered = isEnabled(option) && (option.state & State_MouseOver);
    if (widget && widget->property("reelmendFlatCombo").toBool()) {
        if (isHovered) {
            drawRounded(painter, option.rect, kRadiusControl, t.hover, {});
        }
    } else {
        QStyleOption field = option;
        if (combo && !combo->editable) {
            field.state &= ~State_HasFocus; // the ring outside shows it
        }
        drawField(field, painter, widget);
    }
    const QRect arrow = subControlRect(CC_ComboBox, &option, SC_ComboBoxArrow, widget);
    drawIcon(painter, QRectF(arrow.center().x() - 5.5, arrow.center().y() - 5.5, 12, 12), u"chevron-down",
        isEnabled(option) ? t.text2 : t.text3);
}

void ReelmendStyle::drawSlider(const QStyleOptionSlider& option, QPainter& painter, const QWidget* widget) const
{
    const Tokens& t = tokensFor(option.palette);
    const bool isHorizontal = option.orientation == Qt::Horizontal;
    const QRect handle = subControlRect(CC_Slider, &option, SC_SliderHandle, widget);
    const QRectF all(option.rect);
    const QPointF centre = QRectF(handle).center();
    QRectF groove;
    QRectF done;
    if (isHorizontal) {
        groove = QRectF(all.left(), std::floor(all.center().y()) - 2, all.width(), 4);
        done = groove;
        option.upsideDown ? done.setLeft(centre.x()) : done.setRight(centre.x());
    } else {
        groove = QRectF(std::floor(all.center().x()) - 2, all.top(), 4, all.height());
        done = groove;
        option.upsideDown ? done.setTop(centre.y()) : done.setBottom(centre.y());
    }
    drawRounded(painter, groove, 2, isEnabled(option) ? t.field : QColor(), isEnabled(option) ? t.edge : t.sep);
    if (isEnabled(option)) {
        drawRounded(painter, done, 2, t.accent, {});
    }
    const QRectF knob(centre.x() - 7, (isHorizontal ? groove.center().y() : centre.y()) - 7, 14, 14);
    const bool isHeld = option.state & State_Sunken;
    // A rim in the panel's colour sets the knob off from the groove.
    drawRounded(painter, knob.adjusted(-1, -1, 1, 1), 8, t.panel, {});
    drawRounded(painter, knob, 7, isEnabled(option) ? (isHeld ? t.text : t.knob) : t.text3, {});
    if (isFocusVisible(widget)) {
        drawRounded(painter, knob.adjusted(-3, -3, 3, 3), 10, {}, t.accent, 2);
    }
}

void ReelmendStyle::drawScrollBar(const QStyleOptionSlider& option, QPainter& painter, const QWidget* widget) const
{
    const Tokens& t = tokensFor(option.palette);
    if (option.maximum <= option.minimum) {
        return;
    }
    QRectF thumb = subControlRect(CC_ScrollBar, &option, SC_ScrollBarSlider, widget);
    if (option.orientation == Qt::Horizontal) {
        thumb.adjust(2, 2, -2, -2);
    } else {
        thumb.adjust(2, 2, -2, -2);
    }
    const bool isActive = option.state & (State_Sunken | State_MouseOver);
    drawRounded(
        painter, thumb, 3, isActive && (option.activeSubControls & SC_ScrollBarSlider) ? t.track : t.edge, {});
}

void ReelmendStyle::drawProgress(
    const QStyleOptionProgressBar& option, QPainter& painter, const QWidget* widget) const
{
    const Tokens& t = tokensFor(option.palette);
    const double height = std::min(8, option.rect.height());
    const QRectF groove(
        option.rect.left(), std::floor(option.rect.center().y() + 1 - height / 2), option.rect.width(), height);
    const double radius = std::min(height / 2, 3.0);
    drawRounded(painter, groove, radius, t.field, t.edge);
    QColor colour = t.accent;
    const QString state = widget ? widget->property("state").toString() : QString();
    if (state == u"paused") {
        colour = t.track;
    } else if (state == u"done") {
        colour = t.good;
    } else if (state == u"failed") {
        colour = t.error;
    }
    QRectF done = groove;
    if (option.maximum <= option.minimum) {
        const double phase = motionMilliseconds(1) == 0
                                 ? 0.4
                                 : static_cast<double>(QDateTime::currentMSecsSinceEpoch() % 1200) / 1200.0;
        done.setLeft(groove.left() + (groove.width() * 1.25) * phase - groove.width() * 0.25);
        done.setRight(done.left() + groove.width() * 0.25);
        done = done.intersected(groove);
        if (motionMilliseconds(1) != 0 && !busyTimer_->isActive()) {
            busyTimer_->start();
        }
    } else {
        const double span = static_cast<double>(option.maximum) - option.minimum;
        done.setRight(groove.left() + groove.width() * (option.progress - option.minimum) / span);
    }
    if (done.width() >= 1) {
        painter.save();
        painter.setClipRect(done);
        drawRounded(painter, groove, radius, colour, {});
        painter.restore();
    }
}

void ReelmendStyle::drawMenuItem(const QStyleOptionMenuItem& option, QPainter& painter, const QWidget*) const
{
    const Tokens& t = tokensFor(option.palette);
    const QRect r = option.rect;
    painter.fillRect(r, t.panel);
    if (option.menuItemType == QStyleOptionMenuItem::Separator) {
        drawHorizontalLine(painter, r.center().y(), r.left() + 4, r.right() - 3, t.sep);
        return;
    }
    const bool isChosen = isEnabled(option) && (option.state & State_Selected);
    if (isChosen) {
        drawRounded(painter, r, kRadiusBlock, t.fill, {});
    }
    const QColor colour = !isEnabled(option) ? t.text3 : isChosen ? t.onFill : t.text;
    const QColor faint = !isEnabled(option) ? t.text3 : isChosen ? t.onFill : t.text2;
    const bool hasColumn = option.menuHasCheckableItems || option.maxIconWidth > 0;
    int left = r.left() + kSpace2;
    if (hasColumn) {
        const QRectF mark(left, r.center().y() - 6.5, 14, 14);
        if (option.checkType != QStyleOptionMenuItem::NotCheckable) {
            if (option.checked) {
                drawIcon(painter, mark, u"check-lg", colour);
            }
        } else if (!option.icon.isNull()) {
            const QRect place(left - 1, r.center().y() - 7, 16, 16);
            option.icon.paint(&painter, place, Qt::AlignCenter, !isEnabled(option) ? QIcon::Disabled : QIcon::Active);
        }
        left += kMenuCheckColumn;
    }
    const QStringList parts = option.text.split(u'\t');
    painter.setFont(option.font);
    painter.setPen(colour);
    const QRect text(left, r.top(), r.right() - left - kSpace2, r.height());
    painter.drawText(
        text, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine | Qt::TextHideMnemonic, parts.value(0));
    if (parts.size() > 1) {
        QFont small = option.font;
        small.setPointSizeF(small.pointSizeF() * 12 / 13);
        painter.setFont(small);
        painter.setPen(faint);
        painter.drawText(text, Qt::AlignRight | Qt::AlignVCenter | Qt::TextSingleLine, spacedKeys(parts.value(1)));
    }
    if (option.menuItemType == QStyleOptionMenuItem::SubMenu) {
        drawIcon(painter, QRectF(r.right() - 18, r.center().y() - 5.5, 12, 12), u"chevron-right", faint);
    }
}

void ReelmendStyle::drawMenuBarItem(const QStyleOptionMenuItem& option, QPainter& painter) const
{
    const Tokens& t = tokensFor(option.palette);
    if (option.state & (State_Selected | State_Sunken)) {
        drawRounded(painter, QRectF(option.rect).adjusted(1, 4, -1, -4), kRadiusControl,
            option.state & State_Sunken ? t.selection : t.raised, {});
    }
    painter.setPen(isEnabled(option) ? t.text : t.text3);
    painter.drawText(option.rect, Qt::AlignCenter | Qt::TextSingleLine | Qt::TextHideMnemonic, option.text);
}

void ReelmendStyle::drawTab(const QStyleOptionTab& option, QPainter& painter, bool withShape, bool withLabel) const
{
    const Tokens& t = tokensFor(option.palette);
    const bool isChosen = option.state & State_Selected;
    if (withShape && isChosen) {
        painter.fillRect(
            QRect(option.rect.left() + 8, option.rect.bottom() - 1, option.rect.width() - 16, 2), t.accent);
    }
    if (withLabel) {
        int left = option.rect.left() + 10;
        if (!option.icon.isNull()) {
            const QRect place(left, option.rect.center().y() - 7, 16, 16);
            option.icon.paint(&painter, place, Qt::AlignCenter, !isEnabled(option) ? QIcon::Disabled : QIcon::Normal,
                isChosen ? QIcon::On : QIcon::Off);
            left += 24;
        }
        const bool isHovered = option.state & State_MouseOver;
        painter.setPen(!isEnabled(option) ? t.text3 : isChosen || isHovered ? t.text : t.text2);
        QFont font = painter.font();
        font.setWeight(isChosen ? QFont::Medium : QFont::Normal);
        painter.setFont(font);
        painter.drawText(QRect(left, option.rect.top(), option.rect.right() - left, option.rect.height()),
            Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine | Qt::TextHideMnemonic, option.text);
    }
}

void ReelmendStyle::drawComplexControl(
    ComplexControl control, const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const
{
    switch (control) {
    case CC_ComboBox:
        drawCombo(*option, *painter, widget);
        return;
    case CC_SpinBox: {
        const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option);
        if (spin && spin->buttonSymbols == QAbstractSpinBox::NoButtons) {
            drawField(*option, *painter, widget);
            return;
        }
        break;
    }
    case CC_Slider:
        if (const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option)) {
            drawSlider(*slider, *painter, widget);
        }
        return;
    case CC_ScrollBar:
        if (const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option)) {
            drawScrollBar(*bar, *painter, widget);
        }
        return;
    case CC_ToolButton: {
        const auto* tool = qstyleoption_cast<const QStyleOptionToolButton*>(option);
        if (!tool) {
            break;
        }
        drawToolPanel(*option, *painter, widget);
        QStyleOptionToolButton label = *tool;
        label.palette.setColor(QPalette::ButtonText,
            option->state & State_On ? tokensFor(option->palette).text : label.palette.color(QPalette::ButtonText));
        label.state &= ~State_Sunken;
        if (tool->features & QStyleOptionToolButton::HasMenu && tool->toolButtonStyle != Qt::ToolButtonIconOnly) {
            label.rect.adjust(4, 0, -16, 0);
            drawIcon(*painter, QRectF(option->rect.right() - 17, option->rect.center().y() - 5.5, 12, 12),
                u"chevron-down", tokensFor(option->palette).text2);
        }
        drawControl(CE_ToolButtonLabel, &label, painter, widget);
        return;
    }
    default:
        break;
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

QRect ReelmendStyle::subControlRect(
    ComplexControl control, const QStyleOptionComplex* option, SubControl part, const QWidget* widget) const
{
    const QRect r = option->rect;
    switch (control) {
    case CC_ComboBox:
        if (part == SC_ComboBoxArrow) {
            return QRect(r.right() - 22, r.top(), 22, r.height());
        }
        if (part == SC_ComboBoxEditField) {
            return QRect(r.left() + 10, r.top(), r.width() - 34, r.height());
        }
        if (part == SC_ComboBoxListBoxPopup) {
            return r.adjusted(0, 2, 0, 2);
        }
        break;
    case CC_SpinBox:
        if (const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option);
            spin && spin->buttonSymbols == QAbstractSpinBox::NoButtons) {
            if (part == SC_SpinBoxEditField) {
                return r.adjusted(6, 2, -6, -2);
            }
            if (part == SC_SpinBoxUp || part == SC_SpinBoxDown) {
                return {};
            }
        }
        break;
    case CC_Slider:
        if (const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option)) {
            // One pixel of room at each end for the handle's rim, three for the ring.
            const bool isHorizontal = slider->orientation == Qt::Horizontal;
            const QRect groove = isHorizontal ? r.adjusted(1, 0, -1, 0) : r.adjusted(0, 1, 0, -1);
            if (part == SC_SliderGroove) {
                return groove;
            }
            if (part == SC_SliderHandle) {
                const int length = isHorizontal ? groove.width() : groove.height();
                const int at = sliderPositionFromValue(
                    slider->minimum, slider->maximum, slider->sliderPosition, length - 14, slider->upsideDown);
                return isHorizontal ? QRect(groove.left() + at, r.top() + (r.height() - 14) / 2, 14, 14)
                                    : QRect(r.left() + (r.width() - 14) / 2, groove.top() + at, 14, 14);
            }
        }
        break;
    case CC_ScrollBar:
        if (const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option)) {
            // No arrows: the whole bar is groove.
            const bool isHorizontal = bar->orientation == Qt::Horizontal;
            const int length = isHorizontal ? r.width() : r.height();
            const int range = bar->maximum - bar->minimum;
            int size = length;
            if (range > 0) {
                size = static_cast<int>(static_cast<qint64>(bar->pageStep) * length / (range + bar->pageStep));
                size = std::min(length, std::max(size, 32));
            }
            const int start = sliderPositionFromValue(
                bar->minimum, bar->maximum, bar->sliderPosition, length - size, bar->upsideDown);
            switch (part) {
            case SC_ScrollBarGroove:
                return r;
            case SC_ScrollBarSlider:
                return isHorizontal ? QRect(r.left() + start, r.top(), size, r.height())
                                    : QRect(r.left(), r.top() + start, r.width(), size);
            case SC_ScrollBarSubPage:
                return isHorizontal ? QRect(r.left(), r.top(), start, r.height())
                                    : QRect(r.left(), r.top(), r.width(), start);
            case SC_ScrollBarAddPage:
                return isHorizontal ? QRect(r.left() + start + size, r.top(), length - start - size, r.height())
                                    : QRect(r.left(), r.top() + start + size, r.width(), length - start - size);
            default:
                return {};
            }
        }
        break;
    default:
        break;
    }
    return QProxyStyle::subControlRect(control, option, part, widget);
}

QRect ReelmendStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const
{
    switch (element) {
    case SE_ProgressBarGroove:
    case SE_ProgressBarContents:
        return option->rect;
    case SE_LineEditContents: {
        const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
        return frame && frame->lineWidth > 0 ? option->rect.adjusted(8, 1, -8, -1) : option->rect;
    }
    default:
        return QProxyStyle::subElementRect(element, option, widget);
    }
}

QSize ReelmendStyle::sizeFromContents(
    ContentsType type, const QStyleOption* option, const QSize& size, const QWidget* widget) const
{
    const int grown = std::max(kControlHeight, option->fontMetrics.height() + 10);
    switch (type) {
    case CT_PushButton: {
        const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
        const bool isMain = buttonRole(widget) == ButtonRole::kMain;
        const int icon = button && !button->icon.isNull() ? button->iconSize.width() + kSpace2 : 0;
        const int text = button ? option->fontMetrics.horizontalAdvance(button->text) : size.width();
        const bool isIconOnly = button && button->text.isEmpty();
        return {
            isIconOnly ? grown : text + icon + 2 * kSpace3 + 2, isMain ? std::max(kMainControlHeight, grown) : grown};
    }
    case CT_ToolButton: {
        const auto* tool = qstyleoption_cast<const QStyleOptionToolButton*>(option);
        if (tool && (tool->toolButtonStyle == Qt::ToolButtonIconOnly || tool->text.isEmpty())) {
            return {kControlHeight, kControlHeight};
        }
        const int icon = tool && !tool->icon.isNull() && tool->toolButtonStyle != Qt::ToolButtonTextOnly ? 24 : 0;
        const int menu = tool && (tool->features & QStyleOptionToolButton::HasMenu) ? 16 : 0;
        return {
            (tool ? option->fontMetrics.horizontalAdvance(tool->text) : size.width()) + 2 * 10 + icon + menu, grown};
    }
    case CT_ComboBox:
        return {size.width() + 36, grown};
    case CT_LineEdit:
        return {size.width() + 16, grown};
    case CT_SpinBox:
        return {size.width() + 12, grown};
    case CT_ProgressBar:
        return {size.width(), 8};
    case CT_MenuBarItem:
        return {size.width() + 18, kBarHeight};
    case CT_MenuItem: {
        const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option);
        if (item && item->menuItemType == QStyleOptionMenuItem::Separator) {
            return {size.width(), 9};
        }
        const bool hasColumn = item && (item->menuHasCheckableItems || item->maxIconWidth > 0);
        const int keys = item && item->text.contains(u'\t') ? 24 : 0;
        return {size.width() + 2 * kSpace2 + (hasColumn ? kMenuCheckColumn : 0) + keys + 16,
            std::max(kMenuItemHeight, option->fontMetrics.height() + 10)};
    }
    case CT_ItemViewItem: {
        const QSize base = QProxyStyle::sizeFromContents(type, option, size, widget);
        return {base.width(), std::max(base.height(), kControlHeight)};
    }
    default:
        return QProxyStyle::sizeFromContents(type, option, size, widget);
    }
}

} // namespace reelmend::ui::style
