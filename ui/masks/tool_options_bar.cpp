#include "ui/masks/tool_options_bar.h"

#include "ui/masks/mask_document.h"
#include "ui/style/labels.h"
#include "ui/style/number_field.h"
#include "ui/style/tokens.h"

#include <QHBoxLayout>

namespace reelmend::ui::masks {

using namespace Qt::StringLiterals;
using style::NumberBox;
using style::TextLabel;
using style::TextRole;
using style::Tone;

namespace {

NumberBox* addField(QHBoxLayout* layout, QWidget* parent, const QString& label, const QString& name,
    const QString& unit, double minimum, double maximum)
{
    auto* text = new TextLabel(label, TextRole::kBody, Tone::kSecondary, parent);
    text->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    auto* box = new NumberBox(name, parent);
    box->setRange(minimum, maximum);
    box->setUnit(unit);
    if (layout->count() > 0) {
        layout->addSpacing(style::kSpace1);
    }
    layout->addWidget(text);
    layout->addWidget(box);
    return box;
}

QHBoxLayout* rowOf(QWidget* part)
{
    auto* layout = new QHBoxLayout(part);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(style::kSpace2);
    return layout;
}

} // namespace

ToolOptionsBar::ToolOptionsBar(QWidget* parent)
    : QWidget(parent)
    , name_(new TextLabel({}, TextRole::kBodyMedium, Tone::kNormal, this))
    , brushPart_(new QWidget(this))
    , rectanglePart_(new QWidget(this))
{
    QHBoxLayout* brush = rowOf(brushPart_);
    size_ = addField(
        brush, brushPart_, tr("Size"), tr("Brush size"), tr("px"), BrushSettings::kSmallest, BrushSettings::kLargest);
    size_->setToolTip(tr("Brush size, 1 to 1000 px  [ and ]"));
    hardness_ = addField(brush, brushPart_, tr("Hardness"), tr("Brush hardness"), tr("%"), 0, 100);
    hardness_->setToolTip(tr("Part of the brush at full strength, 0 to 100 %"));

    QHBoxLayout* rectangle = rowOf(rectanglePart_);
    const std::pair<QString, QString> names[] = {{tr("X"), tr("Left edge of the rectangle")},
        {tr("Y"), tr("Upper edge of the rectangle")}, {tr("W"), tr("Width of the rectangle")},
        {tr("H"), tr("Height of the rectangle")}};
    for (int i = 0; i < 4; ++i) {
        fields_[i] =
            addField(rectangle, rectanglePart_, names[i].first, names[i].second, tr("px"), i < 2 ? 0 : 1, 32768);
        fields_[i]->setToolTip(names[i].second);
    }

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(style::kSpace4);
    name_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    layout->addWidget(name_);
    layout->addWidget(brushPart_);
    layout->addWidget(rectanglePart_);
    layout->addStretch(1);

    connect(size_, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        if (tools_) {
            BrushSettings next = tools_->brush();
            next.diameter = static_cast<int>(value);
            tools_->setBrush(next);
        }
    });
    connect(hardness_, &QDoubleSpinBox::valueChanged, this, [this](double value) {
        if (tools_) {
            BrushSettings next = tools_->brush();
            next.hardnessPercent = static_cast<int>(value);
            tools_->setBrush(next);
        }
    });
    for (NumberBox* field : fields_) {
        connect(field, &QDoubleSpinBox::valueChanged, this, &ToolOptionsBar::takeRectangle);
    }
    setTools(nullptr, nullptr);
}

void ToolOptionsBar::setTools(MaskTools* tools, MaskDocument* document)
{
    if (tools_) {
        disconnect(tools_, nullptr, this, nullptr);
    }
    if (document_) {
        disconnect(document_, nullptr, this, nullptr);
    }
    tools_ = tools;
    document_ = document;
    if (tools_ && document_) {
        connect(tools_, &MaskTools::kindChanged, this, &ToolOptionsBar::refresh);
        connect(tools_, &MaskTools::brushChanged, this, &ToolOptionsBar::refresh);
        connect(tools_, &MaskTools::rectangleChanged, this, &ToolOptionsBar::refresh);
        connect(document_, &MaskDocument::sizeChanged, this, &ToolOptionsBar::refreshRectangle);
        connect(tools_, &QObject::destroyed, this, [this] {
            tools_ = nullptr;
            refresh();
        });
        connect(document_, &QObject::destroyed, this, [this] {
            document_ = nullptr;
            refresh();
        });
    }
    refresh();
}

void ToolOptionsBar::refresh()
{
    const bool isUsable = tools_ && document_;
    const ToolKind kind = isUsable ? tools_->kind() : ToolKind::kPan;
    const bool isBrush = kind == ToolKind::kBrush || kind == ToolKind::kEraser;
    brushPart_->setVisible(isBrush);
    rectanglePart_->setVisible(
        kind == ToolKind::kRectangle || (kind == ToolKind::kSelect && isUsable && tools_->rectangle().has_value()));
    name_->setVisible(isUsable);
    if (!isUsable) {
        return;
    }
    switch (kind) {
    case ToolKind::kSelect:
        name_->setText(tr("Select"));
        break;
    case ToolKind::kPan:
        name_->setText(tr("Move the view"));
        break;
    case ToolKind::kBrush:
        name_->setText(tr("Brush"));
        break;
    case ToolKind::kEraser:
        name_->setText(tr("Eraser"));
        break;
    case ToolKind::kRectangle:
        name_->setText(tr("Rectangle"));
        break;
    }
    const QSignalBlocker sizeBlocker(size_);
    const QSignalBlocker hardnessBlocker(hardness_);
    size_->setValue(tools_->brush().diameter);
    hardness_->setValue(tools_->brush().hardnessPercent);
    refreshRectangle();
}

void ToolOptionsBar::refreshRectangle()
{
    if (!tools_ || !document_) {
        return;
    }
    const QSize size = document_->size();
    const QRect rect = tools_->rectangle().value_or(QRect());
    const int values[] = {rect.left(), rect.top(), rect.width(), rect.height()};
    const int maxima[] = {std::max(0, size.width() - 1), std::max(0, size.height() - 1), std::max(1, size.width()),
        std::max(1, size.height())};
    for (int i = 0; i < 4; ++i) {
        const QSignalBlocker blocker(fields_[i]);
        fields_[i]->setMaximum(maxima[i]);
        fields_[i]->setEnabled(!size.isEmpty());
        if (!rect.isEmpty()) {
            fields_[i]->setValue(values[i]);
        }
    }
}

void ToolOptionsBar::takeRectangle()
{
    if (tools_ && document_) {
        tools_->setRectangle(QRect(static_cast<int>(fields_[0]->value()), static_cast<int>(fields_[1]->value()),
            static_cast<int>(fields_[2]->value()), static_cast<int>(fields_[3]->value())));
    }
}

} // namespace reelmend::ui::masks
