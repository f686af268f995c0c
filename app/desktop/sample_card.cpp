#include "app/desktop/sample_card.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include <utility>

#include "app/desktop/sample_maker.h"
#include "app/desktop/workbench.h"
#include "ui/style/labels.h"
#include "ui/style/style.h"
#include "ui/style/tokens.h"
#include "ui/tasks/words.h"

namespace reelmend::desktop {

namespace style = ui::style;
using ui::tasks::Words;

SampleCard::SampleCard(SampleMaker& sample, Workbench& workbench, QWidget* parent)
    : QWidget(parent)
    , sample_(sample)
    , open_(new QPushButton)
    , cancel_(new QPushButton(tr("Cancel")))
    , facts_(new style::TextLabel({}, style::TextRole::kSmall, style::Tone::kSecondary))
{
    style::setGround(this, style::Ground::kCard);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(style::kSpace3, style::kSpace3, style::kSpace3, style::kSpace3);
    row->setSpacing(style::kSpace2);
    auto* column = new QVBoxLayout;
    column->setSpacing(2);
    column->addWidget(new style::TextLabel(tr("Sample clip"), style::TextRole::kBodyMedium));
    column->addWidget(facts_);
    row->addLayout(column, 1);
    row->addSpacing(style::kSpace2);
    cancel_->setAccessibleName(tr("Cancel the sample"));
    for (QPushButton* button : {cancel_, open_}) { // the second click of a double one must not cancel
        style::setButtonRole(button, style::ButtonRole::kOutlined);
        button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
        row->addWidget(button);
    }
    connect(open_, &QPushButton::clicked, this, &SampleCard::want);
    connect(cancel_, &QPushButton::clicked, this, &SampleCard::cancel);
    connect(&workbench, &Workbench::opening, this, [this] {
        isWanted_ = false;
        showState();
    });
    connect(&sample_, &SampleMaker::changed, this, &SampleCard::showState);
    connect(&sample_, &SampleMaker::ready, this, [this](const QString& path) {
        if (std::exchange(isWanted_, false)) {
            Q_EMIT openRequested(path);
        }
    });
    connect(&sample_, &SampleMaker::failed, this, [this](const QString& why) {
        if (std::exchange(isWanted_, false)) {
            Q_EMIT failed(tr("The sample could not be made."), why);
        }
    });
    showState();
}

void SampleCard::want()
{
    isWanted_ = true;
    sample_.make();
    showState();
}

void SampleCard::cancel()
{
    isWanted_ = false;
    sample_.cancel();
}

void SampleCard::showState()
{
    const bool isAwaited = isWanted_ && sample_.isMaking();
    const bool hasFocus = open_->hasFocus() || cancel_->hasFocus(); // Qt would hand it to the next widget
    open_->setText(isAwaited ? tr("Making the sample…") : tr("Open the sample"));
    open_->setEnabled(!isAwaited);
    cancel_->setVisible(isAwaited);
    if (hasFocus) {
        (isAwaited ? cancel_ : open_)->setFocus(Qt::OtherFocusReason);
    }
    if (!isAwaited) {
        facts_->setText(tr("A short scene that Reelmend draws itself, to try everything on."));
        return;
    }
    const jobs::ProgressEvent& progress = sample_.progress();
    const QString percent = Words::percent(progress.done, progress.total);
    facts_->setText(progress.remainingSeconds
                        ? tr("%1 drawn, %2 left").arg(percent, Words::seconds(*progress.remainingSeconds))
                        : tr("%1 drawn").arg(percent));
}

} // namespace reelmend::desktop
