#pragma once
#include <QString>

#include "ui/style/tokens.h"

namespace reelmend::ui::style {

// Grounds, radii and borders of containers, headers and tables: what a style sheet says shorter than painting.
QString styleSheetFor(const Tokens& tokens);

} // namespace reelmend::ui::style
