#include "ui/tasks/mask_card.h"

#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "ui/style/buttons.h"
#include "ui/style/icons.h"
#include "ui/style/labels.h"
#include "ui/style/message_bar.h"

namespace reelmend::ui::tasks {

using session::MaskKind;

MaskCard::MaskCard(session::Document& document, QWidget* parent)
    : QWidget(parent)
    , document_(document)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* titleLine = new QHBoxLayout;
    titleLine->setSpacing(0);
    titleLine->addWidget(
        new style::TextLabel(tr("Mask"), style::TextRole::kSectionTitle, style::Tone::kSecondary), 1);
    load_ = new style::IconButton(u"folder2-open", tr("Load a mask…"));
    clear_ = new style::IconButton(u"trash", tr("Clear the mask"));
    titleLine->addWidget(load_);
    titleLine->addWidget(clear_);
    column->addLayout(titleLine);

    auto* stateLine = new QHBoxLayout;
    stateLine->setSpacing(style::kSpace2);
    icon_ = new QLabel;
    icon_->setFixedSize(16, 16);
    state_ = new style::TextLabel({});
    stateLine->addWidget(icon_);
    stateLine->addWidget(state_, 1);
    column->addLayout(stateLine);
    help_ = new QLabel;
    help_->setProperty("tone", QStringLiteral("secondary"));
    help_->setFont(style::fontFor(style::TextRole::kSmall));
    help_->setWordWrap(true);
    column->addSpacing(style::kSpace1);
    column->addWidget(help_);
    problem_ = new style::MessageBar;
    problem_->setClosable(true);
    column->addSpacing(style::kSpace2);
    column->addWidget(problem_);

    connect(load_, &QToolButton::clicked, this, &MaskCard::loadRequested);
    connect(clear_, &QToolButton::clicked, this, &MaskCard::clearRequested);
    connect(&document_, &session::Document::sessionChanged, this, &MaskCard::showState);
    showState();
}

void MaskCard::setCoverage(double fraction)
{
    if (coverage_ != fraction) {
        coverage_ = fraction;
        showState();
    }
}

void MaskCard::setProblem(const QString& title, const QString& details)
{
    if (title.isEmpty()) {
        problem_->dismiss();
        return;
    }
    problem_->showMessage(style::MessageKind::kError, title, details);
    problem_->setClosable(true);
    const bool isFile = document_.session().maskKind == MaskKind::kFile;
    connect(problem_->addAction(isFile ? tr("Choose another…") : tr("Load a mask…")), &QAbstractButton::clicked, this,
        &MaskCard::loadRequested);
    help_->hide(); // the message says it
}

void MaskCard::showState()
{
    const MaskKind kind = document_.session().maskKind;
    const jobs::Task task = document_.settings().task;
    const bool isNeeded = task != jobs::Task::kRepair;
    const bool isThere = kind == MaskKind::kFile || (kind == MaskKind::kPainted && coverage_ > 0);
    if (kind == MaskKind::kFile) {
        const QFileInfo file(document_.session().maskFile);
        state_->setText(file.fileName().contains(u'%')
                            ? tr("A picture for each frame, from %1").arg(file.dir().dirName())
                            : tr("From %1").arg(file.fileName()));
    } else if (isThere) {
        const double percent = coverage_ * 100;
        state_->setText(percent < 1 ? tr("Painted, under 1 % of the picture")
                                    : tr("Painted, %1 % of the picture").arg(qRound(percent)));
    } else {
        state_->setText(tr("No mask yet"));
    }
    state_->setTone(isThere ? style::Tone::kNormal : style::Tone::kSecondary);
    help_->setText(task == jobs::Task::kHarmonise ? tr("Paint over what was placed, or load a mask from a file.")
                   : isNeeded                     ? tr("Paint over what should go, or load a mask from a file.")
                                                  : tr("Without one, the whole picture changes."));
    help_->setVisible(!isThere);
    clear_->setEnabled(isThere);
    icon_->setPixmap(style::icon(
        isThere ? u"check-circle" : u"brush", isThere ? style::IconTint::kGood : style::IconTint::kControl)
                         .pixmap(QSize(16, 16), devicePixelRatio()));
    if (isThere) {
        problem_->dismiss();
    }
}

void MaskCard::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        showState();
    }
}

} // namespace reelmend::ui::tasks
