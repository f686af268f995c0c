#include "ui/compare/compare_bar.h"

#include "ui/compare/split_view.h"
#include "ui/style/buttons.h"
#include "ui/style/labels.h"
#include "ui/style/number_field.h"

#include <QHBoxLayout>

#include <algorithm>

namespace reelmend::ui::compare {

using namespace Qt::StringLiterals;
using style::TextLabel;
using style::TextRole;
using style::Tone;

CompareBar::CompareBar(QWidget* parent)
    : QWidget(parent)
    , left_(new TextLabel({}, TextRole::kBodyMedium, Tone::kNormal, this))
    , right_(new TextLabel({}, TextRole::kBodyMedium, Tone::kNormal, this))
    , swap_(
          new style::IconButton(u"arrow-left-right", tr("Swap the sides"), QKeySequence(Qt::SHIFT | Qt::Key_S), this))
    , position_(new style::NumberBox(tr("Split position"), this))
{
    position_->setDecimals(1);
    position_->setRange(0, 100);
    position_->setSingleStep(0.5);
    position_->setUnit(tr("%"));
    position_->setValue(50);
    position_->setToolTip(tr("Where the picture is split, 0 to 100 %, normally 50"));
    auto* close = new style::IconButton(u"x-lg", tr("Close the comparison"), QKeySequence(Qt::Key_Escape), this);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(style::kSpace2);
    layout->addWidget(close);
    for (const QString& caption : {tr("Left"), tr("Right"), tr("Split at")}) {
        captions_.append(new TextLabel(caption, TextRole::kBody, Tone::kSecondary, this));
    }
    layout->addWidget(captions_[0]);
    layout->addWidget(left_);
    layout->addWidget(swap_);
    layout->addWidget(captions_[1]);
    layout->addWidget(right_);
    layout->addStretch(1);
    layout->addWidget(captions_[2]);
    layout->addWidget(position_);
    connect(close, &QToolButton::clicked, this, &CompareBar::closeRequested);
    connect(swap_, &QToolButton::clicked, this, [this] {
        if (view_) {
            view_->setSwapped(!view_->isSwapped());
        }
    });
    connect(position_, &QDoubleSpinBox::valueChanged, this, [this](double percent) {
        if (view_) {
            view_->setPosition(percent / 100);
        }
    });
    refresh();
}

void CompareBar::setView(SplitView* view)
{
    if (view_) {
        disconnect(view_, nullptr, this, nullptr);
    }
    view_ = view;
    if (view) {
        connect(view, &SplitView::positionChanged, this, &CompareBar::refresh);
        connect(view, &SplitView::swappedChanged, this, &CompareBar::refresh);
    }
    refresh();
}

void CompareBar::setNames(const QString& source, const QString& result)
{
    sourceName_ = source;
    resultName_ = result;
    refresh();
}

void CompareBar::refresh()
{
    setEnabled(view_ != nullptr);
    const bool isSwapped = view_ && view_->isSwapped();
    left_->setText(isSwapped ? resultName_ : sourceName_);
    right_->setText(isSwapped ? sourceName_ : resultName_);
    updateGeometry();
    showCaptions();
    if (view_) {
        const QSignalBlocker blocker(position_);
        position_->setValue(view_->position() * 100);
    }
}

int CompareBar::widthOf(Captions captions) const
{
    int width = 0;
    for (int i = 0; i < layout()->count(); ++i) {
        QWidget* widget = layout()->itemAt(i)->widget();
        auto* label = qobject_cast<TextLabel*>(widget);
        if (widget != nullptr && (captions == Captions::kWith || !captions_.contains(label))) {
            width += widget->sizeHint().width() + style::kSpace2;
        }
    }
    return width;
}

QSize CompareBar::sizeHint() const
{
    return {widthOf(Captions::kWith), QWidget::sizeHint().height()};
}

QSize CompareBar::minimumSizeHint() const
{
    return {std::min(widthOf(Captions::kWithout), 300), QWidget::minimumSizeHint().height()}; // a file's name is cut
}

void CompareBar::showCaptions()
{
    const bool hasRoom = width() >= widthOf(Captions::kWith);
    for (TextLabel* caption : captions_) {
        caption->setVisible(hasRoom);
    }
}

void CompareBar::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    showCaptions();
}

QWidget* makeCompareHint(QWidget* parent)
{
    auto* hint = new QWidget(parent);
    auto* layout = new QHBoxLayout(hint);
    layout->setContentsMargins(0, 0, style::kSpace3, 0);
    layout->setSpacing(6);
    layout->addStretch(1);
    const auto text = [&](const QString& words) {
        auto* label = new TextLabel(words, TextRole::kSmall, Tone::kSecondary, hint);
        label->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
        layout->addWidget(label);
    };
    text(CompareBar::tr("Hold"));
    layout->addWidget(new style::KeyCap(u"S"_s, hint));
    text(CompareBar::tr("for the source"));
    layout->addSpacing(style::kSpace2);
    layout->addWidget(new style::KeyCap(style::keyText(QKeySequence(Qt::SHIFT | Qt::Key_S)), hint));
    text(CompareBar::tr("swaps sides"));
    return hint;
}

} // namespace reelmend::ui::compare
