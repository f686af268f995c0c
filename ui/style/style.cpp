#include "ui/style/style.h"

#include "ui/style/focus_ring.h"
#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/style_sheet.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QMenu>
#include <QPainter>
#include <QProgressBar>
#include <QScrollBar>
#include <QSlider>
#include <QSpinBox>
#include <QStyleFactory>
#include <QStyleOption>
#include <QTimer>
#include <QToolButton>
#include <QToolTip>

namespace reelmend::ui::style {

using namespace Qt::StringLiterals;

namespace {

constexpr const char* kRole = "reelmendButtonRole";
constexpr const char* kInvalid = "reelmendInvalid";
constexpr const char* kFlatCombo = "reelmendFlatCombo";

// A mask without the corner pixels: menus and tips are windows of their own, and not every desktop composes alpha.
QRegion roundedRegion(const QRect& r)
{
    return QRegion(r.adjusted(2, 0, -2, 0)) | QRegion(r.adjusted(1, 1, -1, -1)) | QRegion(r.adjusted(0, 2, 0, -2));
}

} // namespace

ReelmendStyle::ReelmendStyle()
    : QProxyStyle(QStyleFactory::create(u"Fusion"_s))
{
    busyTimer_ = new QTimer(this);
    busyTimer_->setInterval(33);
    connect(busyTimer_, &QTimer::timeout, this, [this] {
        bool isAnyBusy = false;
        for (QWidget* widget : progressBars_) {
            const auto* bar = static_cast<QProgressBar*>(widget);
            if (bar->isVisible() && bar->minimum() == bar->maximum()) {
                widget->update();
                isAnyBusy = true;
            }
        }
        if (!isAnyBusy) {
            busyTimer_->stop();
        }
    });
}

void ReelmendStyle::polish(QWidget* widget)
{
    QProxyStyle::polish(widget);
    if (qobject_cast<QAbstractButton*>(widget) || qobject_cast<QComboBox*>(widget) ||
        qobject_cast<QAbstractSpinBox*>(widget) || qobject_cast<QSlider*>(widget) ||
        qobject_cast<QScrollBar*>(widget)) {
        widget->setAttribute(Qt::WA_Hover);
    }
    if (qobject_cast<QProgressBar*>(widget)) {
        progressBars_.append(widget);
        connect(widget, &QObject::destroyed, this, [this, widget] { progressBars_.removeAll(widget); });
    }
}

void ReelmendStyle::unpolish(QWidget* widget)
{
    progressBars_.removeAll(widget);
    QProxyStyle::unpolish(widget);
}

int ReelmendStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const
{
    switch (metric) {
    case PM_LayoutLeftMargin:
    case PM_LayoutTopMargin:
    case PM_LayoutRightMargin:
    case PM_LayoutBottomMargin:
        return kSpace3;
    case PM_LayoutHorizontalSpacing:
    case PM_LayoutVerticalSpacing:
        return kSpace2;
    case PM_SmallIconSize:
    case PM_ButtonIconSize:
    case PM_ToolBarIconSize:
    case PM_ListViewIconSize:
    case PM_TabBarIconSize:
        return 16;
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
    case PM_ButtonDefaultIndicator:
    case PM_MenuButtonIndicator:
        return metric == PM_MenuButtonIndicator ? 16 : 0;
    case PM_DefaultFrameWidth:
        return 1;
    case PM_SpinBoxFrameWidth:
    case PM_ComboBoxFrameWidth:
        return 1;
    case PM_IndicatorWidth:
    case PM_IndicatorHeight:
    case PM_ExclusiveIndicatorWidth:
    case PM_ExclusiveIndicatorHeight:
        return 16;
    case PM_CheckBoxLabelSpacing:
    case PM_RadioButtonLabelSpacing:
        return kSpace2;
    case PM_SliderThickness:
    case PM_SliderControlThickness:
        return 20;
    case PM_SliderLength:
        return 14;
    case PM_ScrollBarExtent:
        return 10;
    case PM_ScrollBarSliderMin:
        return 32;
    case PM_ScrollView_ScrollBarSpacing:
    case PM_ScrollView_ScrollBarOverlap:
        return 0;
    case PM_SplitterWidth:
        return 7;
    case PM_MenuPanelWidth:
        return 1;
    case PM_MenuHMargin:
    case PM_MenuVMargin:
        return kSpace1;
    case PM_MenuBarPanelWidth:
    case PM_MenuBarItemSpacing:
    case PM_MenuBarHMargin:
    case PM_MenuBarVMargin:
        return 0;
    case PM_SubMenuOverlap:
        return -2;
    case PM_ToolTipLabelFrameWidth:
        return kSpace2;
    case PM_FocusFrameHMargin:
    case PM_FocusFrameVMargin:
        return 4;
    case PM_TabBarTabHSpace:
        return 20;
    case PM_TabBarTabVSpace:
        return 16;
    case PM_TabBarBaseHeight:
    case PM_TabBarBaseOverlap:
    case PM_TabBarTabShiftVertical:
    case PM_TabBarTabShiftHorizontal:
        return 0;
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int ReelmendStyle::styleHint(
    StyleHint hint, const QStyleOption* option, const QWidget* widget, QStyleHintReturn* returned) const
{
    switch (hint) {
    case SH_ToolTip_WakeUpDelay:
        return 600;
    case SH_Widget_Animation_Duration:
    case SH_Widget_Animate:
    case SH_EtchDisabledText:
    case SH_DitherDisabledText:
    case SH_UnderlineShortcut:
    case SH_ComboBox_Popup:
    case SH_ScrollBar_Transient:
    case SH_Menu_SubMenuPopupDelay:
    case SH_TabBar_Alignment:
        return 0;
    case SH_ScrollBar_LeftClickAbsolutePosition:
    case SH_FocusFrame_AboveWidget:
    case SH_MenuBar_MouseTracking:
    case SH_Menu_MouseTracking:
    case SH_ItemView_ArrowKeysNavigateIntoChildren:
        return 1;
    case SH_Slider_AbsoluteSetButtons:
        return Qt::LeftButton;
    case SH_Slider_PageSetButtons:
        return Qt::NoButton;
    case SH_DialogButtonBox_ButtonsHaveIcons:
        return 0;
    case SH_Menu_Mask:
    case SH_ToolTip_Mask:
        if (auto* mask = qstyleoption_cast<QStyleHintReturnMask*>(returned); mask && option) {
            mask->region = roundedRegion(option->rect);
            return 1;
        }
        return 0;
    default:
        return QProxyStyle::styleHint(hint, option, widget, returned);
    }
}

QIcon ReelmendStyle::standardIcon(StandardPixmap pixmap, const QStyleOption* option, const QWidget* widget) const
{
    switch (pixmap) {
    case SP_LineEditClearButton:
    case SP_DialogCloseButton:
    case SP_TitleBarCloseButton:
        return icon(u"x-lg");
    case SP_ArrowBack:
    case SP_ArrowLeft:
    case SP_FileDialogBack:
        return icon(u"arrow-left");
    case SP_ArrowForward:
    case SP_ArrowRight:
        return icon(u"arrow-right");
    case SP_FileDialogToParent:
        return icon(u"arrow-up");
    case SP_FileDialogNewFolder:
        return icon(u"folder-plus");
    case SP_FileDialogListView:
        return icon(u"grid");
    case SP_FileDialogDetailedView:
        return icon(u"list");
    case SP_DirIcon:
    case SP_DirClosedIcon:
    case SP_DirOpenIcon:
    case SP_DirHomeIcon:
    case SP_DirLinkIcon:
        return icon(u"folder");
    case SP_FileIcon:
    case SP_FileLinkIcon:
        return icon(u"file-earmark-play");
    case SP_ComputerIcon:
        return icon(u"pc-display");
    case SP_DriveHDIcon:
    case SP_DriveNetIcon:
        return icon(u"device-ssd");
    case SP_MessageBoxWarning:
        return icon(u"exclamation-triangle-fill", IconTint::kWarn);
    case SP_MessageBoxCritical:
        return icon(u"x-octagon-fill", IconTint::kError);
    case SP_MessageBoxInformation:
        return icon(u"info-circle-fill", IconTint::kAccent);
    default:
        return QProxyStyle::standardIcon(pixmap, option, widget);
    }
}

void setButtonRole(QAbstractButton* button, ButtonRole role)
{
    button->setProperty(kRole, static_cast<int>(role));
    button->updateGeometry();
    button->update();
}

ButtonRole buttonRole(const QWidget* button)
{
    return button ? static_cast<ButtonRole>(button->property(kRole).toInt()) : ButtonRole::kRaised;
}

void setInvalid(QWidget* field, bool isInvalid)
{
    field->setProperty(kInvalid, isInvalid);
    field->update();
}

void setFlatCombo(QWidget* comboBox, bool isFlat)
{
    comboBox->setProperty(kFlatCombo, isFlat);
    comboBox->update();
}

void setGround(QWidget* widget, Ground ground)
{
    static constexpr const char16_t* kNames[] = {u"", u"win", u"panel", u"card", u"field", u"well"};
    widget->setProperty("ground", QString::fromUtf16(kNames[static_cast<int>(ground)]));
    widget->setAttribute(Qt::WA_StyledBackground, ground != Ground::kNone);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
}

int motionMilliseconds(int milliseconds)
{
    return qApp && qApp->property("reduceMotion").toBool() ? 0 : milliseconds;
}

void applyTheme(QApplication& application, Theme theme, Contrast contrast)
{
    if (theme == Theme::kSystem) {
        application.setPalette(QPalette()); // back to the platform's own, which tokens() then judges
    }
    const Tokens& t = tokens(theme, contrast);
    application.setFont(loadApplicationFont());
    if (!application.findChild<FocusRing*>(QString(), Qt::FindDirectChildrenOnly)) {
        new FocusRing(application);
        application.setStyle(new ReelmendStyle);
        application.setEffectEnabled(Qt::UI_AnimateCombo, false);
        application.setEffectEnabled(Qt::UI_AnimateTooltip, false);
        application.setEffectEnabled(Qt::UI_FadeTooltip, false);
    }
    const QPalette palette = paletteFor(t);
    application.setPalette(palette);
    QPalette fields = palette; // text being edited is marked more strongly than a chosen row
    for (const auto group : {QPalette::Active, QPalette::Inactive}) {
        fields.setColor(group, QPalette::Highlight, t.fill);
        fields.setColor(group, QPalette::HighlightedText, t.onFill);
    }
    application.setPalette(fields, "QLineEdit");
    QPalette tips = palette;
    tips.setColor(QPalette::Window, t.tip);
    tips.setColor(QPalette::WindowText, t.onTip);
    tips.setColor(QPalette::Text, t.onTip);
    QToolTip::setPalette(tips);
    QToolTip::setFont(fontFor(TextRole::kSmall));
    application.setStyleSheet(styleSheetFor(t));
}

} // namespace reelmend::ui::style
