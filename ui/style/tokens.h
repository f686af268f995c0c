#pragma once
#include <QColor>
#include <QPalette>

namespace reelmend::ui::style {

// kSystem follows the desktop as far as Qt 6.4 knows it: dark where the platform's own palette is dark.
enum class Theme { kDark, kLight, kSystem };
enum class Contrast { kNormal, kHigh };

// Every colour of the program. All grounds are neutral (R = G = B), so that footage is judged beside no tint.
struct Tokens {
    bool isDark;
    QColor win;    // top row, status, page ground, cards
    QColor panel;  // panels, sheets
    QColor raised; // buttons
    QColor hover;
    QColor field; // inputs, grooves, plots
    QColor well;  // timeline lanes
    QColor track; // marks, ticks
    QColor knob;  // slider handles
    QColor surround;
    QColor line;               // between panels
    QColor sep;                // within a panel
    QColor edge;               // control borders
    QColor text, text2, text3; // text3: disabled only
    QColor accent;             // lines, links, focus
    QColor fill, onFill;       // main button, playhead flag
    QColor selection;          // rows, pressed tools
    QColor good, warn, error;
    QColor goodGround, warnGround, errorGround, infoGround;
    QColor tip, onTip;
};

// Colours of things that lie on footage: the same in both themes, since the footage is.
struct PictureColours {
    QColor labelGround, onLabel;                     // corner labels, split handle
    QColor line, halo;                               // split line, brush ring, and what sets them off
    QColor outside;                                  // over thumbnails outside in and out
    QColor mask, maskAlternative1, maskAlternative2; // red, cyan, yellow at 50 %
    QColor maskOutline;
    QColor checkerLight, checkerDark;
};

// kSystem resolves against QGuiApplication::palette().
const Tokens& tokens(Theme theme, Contrast contrast = Contrast::kNormal);
// The tokens that a widget with this palette is to use: painted widgets call tokensFor(palette()), so that they need
// neither a global nor a signal when the theme changes.
const Tokens& tokensFor(const QPalette& palette);
const PictureColours& pictureColours();

// The palette that applyTheme() sets; tokensFor() recognises it.
QPalette paletteFor(const Tokens& tokens);

// WCAG 2 contrast ratio of two opaque colours, 1 to 21.
double contrastRatio(const QColor& a, const QColor& b);

// Spacing, heights and radii in logical pixels (look.md, "Tokens").
inline constexpr int kSpace1 = 4;
inline constexpr int kSpace2 = 8;
inline constexpr int kSpace3 = 12;
inline constexpr int kSpace4 = 16;
inline constexpr int kSpace6 = 24;
inline constexpr int kSpace8 = 32;
inline constexpr int kControlHeight = 28;
inline constexpr int kMessageControlHeight = 24;
inline constexpr int kMainControlHeight = 32;
inline constexpr int kRowHeight = 48;
inline constexpr int kBarHeight = 36;
inline constexpr int kRadiusControl = 4;
inline constexpr int kRadiusCard = 6;
inline constexpr int kRadiusBlock = 2;
inline constexpr int kGlideMilliseconds = 120;

} // namespace reelmend::ui::style
