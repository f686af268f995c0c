#include "app/desktop/top_row.h"

#include <QHBoxLayout>
#include <QMenuBar>
#include <QPainter>

#include "app/desktop/actions.h"
#include "ui/style/buttons.h"
#include "ui/style/paint.h"
#include "ui/style/style.h"
#include "ui/style/tokens.h"

namespace reelmend::desktop {

namespace style = ui::style;

TopRow::TopRow(const Actions& actions, QWidget* parent)
    : QWidget(parent)
{
    setAccessibleName(tr("Menu"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(3, 0, style::kSpace2, 1);
    row->setSpacing(style::kSpace1);
    auto* menus = new QMenuBar;
    menus->setNativeMenuBar(false);
    style::setOwnsFocusRing(menus); // the open menu's name is marked
    actions.fill(*menus);
    row->addWidget(menus, 1);
    const auto addStep = [row](QAction* action, QStringView iconName, const QString& name) {
        auto* button = new style::IconButton(iconName, name, action->shortcut());
        button->setEnabled(action->isEnabled());
        row->addWidget(button);
        QObject::connect(button, &QToolButton::clicked, action, &QAction::trigger);
        QObject::connect(action, &QAction::changed, button, [button, action, name] {
            button->setEnabled(action->isEnabled());
            button->setName(action->isEnabled() ? action->text() : name, action->shortcut());
        });
    };
    addStep(actions.undo, u"arrow-counterclockwise", tr("Undo"));
    addStep(actions.redo, u"arrow-clockwise", tr("Redo"));
    setFixedHeight(std::max(style::kBarHeight, menus->sizeHint().height() + 1));
}

void TopRow::paintEvent(QPaintEvent*)
{
    const style::Tokens& t = style::tokensFor(palette());
    QPainter painter(this);
    painter.fillRect(rect(), t.win);
    style::drawHorizontalLine(painter, height() - 1, 0, width(), t.line);
}

} // namespace reelmend::desktop
