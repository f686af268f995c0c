#include "ui/masks/tool_strip.h"

#include "ui/style/buttons.h"

#include <QButtonGroup>
#include <QKeyEvent>
#include <QPainter>
#include <QShortcut>
#include <QVBoxLayout>

namespace reelmend::ui::masks {

namespace {

struct Row {
    ToolKind kind;
    const char16_t* icon;
    Qt::Key key;
};

constexpr Row kRows[] = {{ToolKind::kSelect, u"cursor", Qt::Key_V}, {ToolKind::kPan, u"arrows-move", Qt::Key_H},
    {ToolKind::kBrush, u"brush", Qt::Key_B}, {ToolKind::kEraser, u"eraser", Qt::Key_E},
    {ToolKind::kRectangle, u"square", Qt::Key_R}};

QString nameOf(ToolKind kind)
{
    switch (kind) {
    case ToolKind::kSelect:
        return ToolStrip::tr("Select");
    case ToolKind::kPan:
        return ToolStrip::tr("Move the view");
    case ToolKind::kBrush:
        return ToolStrip::tr("Brush");
    case ToolKind::kEraser:
        return ToolStrip::tr("Eraser");
    case ToolKind::kRectangle:
        return ToolStrip::tr("Rectangle");
    }
    return {};
}

} // namespace

ToolStrip::ToolStrip(QWidget* parent)
    : QWidget(parent)
    , group_(new QButtonGroup(this))
{
    setAccessibleName(tr("Tools"));
    setFixedWidth(40);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 6, 6, 6);
    layout->setSpacing(style::kSpace1);
    for (const Row& row : kRows) {
        auto* button = new style::IconButton(row.icon, nameOf(row.kind), QKeySequence(row.key), this);
        button->setCheckable(true);
        group_->addButton(button, static_cast<int>(row.kind));
        layout->addWidget(button);
        auto* shortcut = new QShortcut(QKeySequence(row.key), this);
        shortcut->setContext(Qt::WindowShortcut);
        connect(shortcut, &QShortcut::activated, button, &QAbstractButton::click);
    }
    layout->addStretch(1);
    connect(group_, &QButtonGroup::idClicked, this, [this](int id) {
        if (tools_) {
            tools_->setKind(static_cast<ToolKind>(id));
        }
    });
    setEnabled(false);
}

void ToolStrip::setTools(MaskTools* tools)
{
    if (tools_) {
        disconnect(tools_, nullptr, this, nullptr);
    }
    tools_ = tools;
    setEnabled(tools != nullptr);
    if (tools) {
        const auto take = [this](ToolKind kind) { group_->button(static_cast<int>(kind))->setChecked(true); };
        take(tools->kind());
        connect(tools, &MaskTools::kindChanged, this, take);
        connect(tools, &QObject::destroyed, this, [this] {
            tools_ = nullptr;
            setEnabled(false);
        });
    }
}

void ToolStrip::keyPressEvent(QKeyEvent* event)
{
    const int step = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
    if (step == 0 || !tools_) {
        QWidget::keyPressEvent(event);
        return;
    }
    const int next = group_->checkedId() + step;
    if (QAbstractButton* button = group_->button(next)) {
        button->setFocus(Qt::TabFocusReason);
        button->click();
    }
}

void ToolStrip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), style::tokensFor(palette()).panel);
}

} // namespace reelmend::ui::masks
