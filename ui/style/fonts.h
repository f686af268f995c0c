#pragma once
#include <QFont>

class QApplication;

namespace reelmend::ui::style {

// The type scale, as ratios of the application font (13 px at 96 dpi unless the desktop's text is larger).
enum class TextRole {
    kBody,         // 13/18
    kBodyMedium,   // 13/18, 500
    kSmall,        // 12/16: status, facts
    kSectionTitle, // 12/16, 600
    kCaption,      // 11/14: captions, ticks; never smaller
    kTimecode,     // 15, 500
    kSheetTitle,   // 16, 600
    kPageTitle,    // 20, 600
    kStartTitle,   // 24, 600
};

// `base` is the application font.
QFont fontFor(TextRole role, const QFont& base);
QFont fontFor(TextRole role); // of QApplication::font()

// Loads the bundled Inter and returns the application font: Inter, else the system's font, else DejaVu Sans. The size
// follows the desktop's text size where that is larger than 9.75 pt. Safe to call more than once.
QFont loadApplicationFont();

} // namespace reelmend::ui::style
