#pragma once
#include <QIcon>
#include <QPixmap>
#include <QStringView>

class QPainter;

namespace reelmend::ui::style {

// What an icon's colour follows. kControl: text2, text when hovered, selected or checked, text3 when disabled.
enum class IconTint { kControl, kText, kAccent, kOnFill, kGood, kWarn, kError };

// A bootstrap-icons picture by its file name without ending ("brush"), drawn at device pixels in the colours of the
// application's theme at the moment of painting. Made for 16 px (12 or 14 for chevrons and marks in text, 32 in empty
// states). An unknown name gives an empty icon and a warning in the log.
QIcon icon(QStringView name, IconTint tint = IconTint::kControl);

// The same for painted widgets: `colour` is taken as it is. `rect` is in logical pixels.
void drawIcon(QPainter& painter, const QRectF& rect, QStringView name, const QColor& colour);

// `size` and the result are in device pixels.
QPixmap iconPixmap(QStringView name, int size, const QColor& colour);

} // namespace reelmend::ui::style
