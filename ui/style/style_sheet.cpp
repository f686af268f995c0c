#include "ui/style/style_sheet.h"

namespace reelmend::ui::style {

using namespace Qt::StringLiterals;

QString styleSheetFor(const Tokens& t)
{
    QString sheet = uR"(
*[ground="win"] { background-color: @win; }
*[ground="panel"] { background-color: @panel; }
*[ground="field"] { background-color: @field; border: 1px solid @sep; border-radius: 4px; }
*[ground="well"] { background-color: @well; }
*[ground="card"] { background-color: @win; border: 1px solid @sep; border-radius: 6px; }
QLabel[tone="secondary"] { color: @text2; }
QLabel[tone="good"] { color: @good; }
QLabel[tone="warn"] { color: @warn; }
QLabel[tone="error"] { color: @error; }
QFrame[tone="line"] { background-color: @line; border: none; }
QFrame[tone="separator"] { background-color: @sep; border: none; }
QHeaderView { background-color: transparent; border: none; }
QHeaderView::section { background-color: transparent; color: @text2; border: none; border-bottom: 1px solid @edge;
    padding: 4px 8px; }
QTableView { gridline-color: @sep; border: none; }
QAbstractScrollArea[tone="plain"] { background-color: transparent; border: none; }
)"_s;
    const std::pair<const char16_t*, QColor> names[] = {{u"@win", t.win}, {u"@panel", t.panel}, {u"@field", t.field},
        {u"@well", t.well}, {u"@sep", t.sep}, {u"@text2", t.text2}, {u"@good", t.good}, {u"@warn", t.warn},
        {u"@error", t.error}, {u"@line", t.line}, {u"@edge", t.edge}};
    for (const auto& [name, colour] : names) {
        sheet.replace(QString::fromUtf16(name), colour.name());
    }
    return sheet;
}

} // namespace reelmend::ui::style
