#include "ui/style/tokens.h"

#include <QGuiApplication>

#include <cmath>

namespace reelmend::ui::style {

namespace {

QColor rgb(QRgb value)
{
    return QColor::fromRgb(value);
}

Tokens darkTokens()
{
    Tokens t;
    t.isDark = true;
    t.win = rgb(0x2a2a2a);
    t.panel = rgb(0x333333);
    t.raised = rgb(0x434343);
    t.hover = rgb(0x4d4d4d);
    t.field = rgb(0x252525);
    t.well = rgb(0x1e1e1e);
    t.track = rgb(0x8f8f8f);
    t.knob = rgb(0xd8d8d8);
    t.surround = rgb(0x1e1e1e);
    t.line = rgb(0x1b1b1b);
    t.sep = rgb(0x404040);
    t.edge = rgb(0x5a5a5a);
    t.text = rgb(0xe6e6e6);
    t.text2 = rgb(0xb6b6b6);
    t.text3 = rgb(0x8c8c8c);
    t.accent = rgb(0x6cb2ee);
    t.fill = rgb(0x2c74b5);
    t.onFill = rgb(0xffffff);
    t.selection = rgb(0x2f4860);
    t.good = rgb(0x86c178);
    t.warn = rgb(0xe8b04b);
    t.error = rgb(0xf58a78);
    t.goodGround = rgb(0x2f3d2c);
    t.warnGround = rgb(0x463a22);
    t.errorGround = rgb(0x4a2f2b);
    t.infoGround = t.win;
    t.tip = rgb(0xe6e6e6);
    t.onTip = rgb(0x1c1c1c);
    return t;
}

Tokens lightTokens()
{
    Tokens t;
    t.isDark = false;
    t.win = rgb(0xd4d4d4);
    t.panel = rgb(0xe2e2e2);
    t.raised = rgb(0xf2f2f2);
    t.hover = rgb(0xffffff);
    t.field = rgb(0xfafafa);
    t.well = rgb(0xc2c2c2);
    t.track = rgb(0x686868);
    t.knob = rgb(0x3a3a3a);
    t.surround = rgb(0x777777);
    t.line = rgb(0xb0b0b0);
    t.sep = rgb(0xcccccc);
    t.edge = rgb(0xa0a0a0);
    t.text = rgb(0x1c1c1c);
    t.text2 = rgb(0x4a4a4a);
    t.text3 = rgb(0x767676);
    t.accent = rgb(0x155a97);
    t.fill = rgb(0x1f69ab);
    t.onFill = rgb(0xffffff);
    t.selection = rgb(0xbcd3e8);
    t.good = rgb(0x22641e);
    t.warn = rgb(0x7a4f00);
    t.error = rgb(0xa8261a);
    t.goodGround = rgb(0xd9ead6);
    t.warnGround = rgb(0xf3e6c4);
    t.errorGround = rgb(0xf3d9d5);
    t.infoGround = rgb(0xf2f2f2);
    t.tip = rgb(0x2a2a2a);
    t.onTip = rgb(0xf0f0f0);
    return t;
}

Tokens highContrast(Tokens t)
{
    t.edge = t.text2;
    return t;
}

const Tokens& themed(bool isDark, Contrast contrast)
{
    static const Tokens kDark = darkTokens();
    static const Tokens kLight = lightTokens();
    static const Tokens kDarkHigh = highContrast(kDark);
    static const Tokens kLightHigh = highContrast(kLight);
    if (contrast == Contrast::kHigh) {
        return isDark ? kDarkHigh : kLightHigh;
    }
    return isDark ? kDark : kLight;
}

bool isDarkPalette(const QPalette& palette)
{
    // The text alone: style sheets give widgets transparent grounds, and light's surround is darker than the middle.
    return palette.color(QPalette::Active, QPalette::WindowText).lightness() > 127;
}

double relativeLuminance(const QColor& colour)
{
    const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}

} // namespace

const Tokens& tokens(Theme theme, Contrast contrast)
{
    const bool isDark = theme == Theme::kSystem ? isDarkPalette(QGuiApplication::palette()) : theme == Theme::kDark;
    return themed(isDark, contrast);
}

const Tokens& tokensFor(const QPalette& palette)
{
    const bool isDark = isDarkPalette(palette);
    // paletteFor() keeps the edge in Mid: that is what tells the contrasts apart.
    const bool isHigh = palette.color(QPalette::Active, QPalette::Mid) == themed(isDark, Contrast::kHigh).edge;
    return themed(isDark, isHigh ? Contrast::kHigh : Contrast::kNormal);
}

const PictureColours& pictureColours()
{
    static const PictureColours kColours = {
        .labelGround = rgb(0x1c1c1c),
        .onLabel = rgb(0xf2f2f2),
        .line = rgb(0xffffff),
        .halo = QColor(0, 0, 0, 115),
        .outside = QColor(0x14, 0x14, 0x14, 140),
        .mask = rgb(0xff3326),
        .maskAlternative1 = rgb(0x00c8d7),
        .maskAlternative2 = rgb(0xffd400),
        .maskOutline = QColor(255, 255, 255, 230),
        .checkerLight = rgb(0x9a9a9a),
        .checkerDark = rgb(0x7a7a7a),
    };
    return kColours;
}

QPalette paletteFor(const Tokens& t)
{
    QPalette p;
    const auto set = [&p](QPalette::ColorRole role, const QColor& normal, const QColor& disabled) {
        p.setColor(QPalette::Active, role, normal);
        p.setColor(QPalette::Inactive, role, normal);
        p.setColor(QPalette::Disabled, role, disabled);
    };
    set(QPalette::Window, t.panel, t.panel);
    set(QPalette::WindowText, t.text, t.text3);
    set(QPalette::Base, t.field, t.panel);
    set(QPalette::AlternateBase, t.panel, t.panel);
    set(QPalette::Text, t.text, t.text3);
    set(QPalette::PlaceholderText, t.text2, t.text3);
    set(QPalette::Button, t.raised, t.raised);
    set(QPalette::ButtonText, t.text, t.text3);
    set(QPalette::BrightText, t.onFill, t.text3);
    set(QPalette::Highlight, t.selection, t.sep);
    set(QPalette::HighlightedText, t.text, t.text3);
    set(QPalette::Link, t.accent, t.text3);
    set(QPalette::LinkVisited, t.accent, t.text3);
    set(QPalette::ToolTipBase, t.tip, t.tip);
    set(QPalette::ToolTipText, t.onTip, t.onTip);
    set(QPalette::Light, t.hover, t.hover);
    set(QPalette::Midlight, t.sep, t.sep);
    set(QPalette::Mid, t.edge, t.edge);
    set(QPalette::Dark, t.line, t.line);
    set(QPalette::Shadow, t.line, t.line);
    return p;
}

double contrastRatio(const QColor& a, const QColor& b)
{
    const double la = relativeLuminance(a);
    const double lb = relativeLuminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

} // namespace reelmend::ui::style
