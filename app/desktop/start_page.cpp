#include "app/desktop/start_page.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QHideEvent>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QThread>
#include <QVBoxLayout>

#include "app/desktop/drop_area.h"
#include "app/desktop/job_notice.h"
#include "app/desktop/link_button.h"
#include "app/desktop/recent_list.h"
#include "app/desktop/sample_card.h"
#include "app/desktop/workbench.h"
#include "ui/style/icons.h"
#include "ui/style/labels.h"
#include "ui/style/message_bar.h"
#include "ui/style/style.h"
#include "ui/style/tokens.h"
#include "ui/tasks/words.h"

namespace reelmend::desktop {

namespace style = ui::style;
using ui::session::EngineClient;
using ui::session::RecentFiles;

namespace {

constexpr int kWidest = 1120;     // of the content
constexpr int kRecentWidth = 400; // the right column
constexpr int kDropHeight = 312;
constexpr int kGap = 48;

// Icon, title and a line below it: what this machine has.
class Fact : public QWidget {
public:
    Fact(const QString& title, const QString& facts)
        : title_(new style::TextLabel(title, style::TextRole::kBodyMedium))
        , facts_(new style::TextLabel(facts, style::TextRole::kSmall, style::Tone::kSecondary))
    {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(style::kSpace3);
        icon_ = new QLabel;
        icon_->setFixedSize(16, 18);
        row->addWidget(icon_, 0, Qt::AlignTop);
        column_ = new QVBoxLayout;
        column_->setSpacing(2);
        column_->addWidget(title_);
        column_->addWidget(facts_);
        row->addLayout(column_, 1);
    }
    void setIcon(QStringView name, style::IconTint tint)
    {
        iconName_ = name.toString();
        tint_ = tint;
        showIcon();
    }
    void addLink(QWidget* link)
    {
        column_->addSpacing(style::kSpace1); // for its ring
        column_->addWidget(link, 0, Qt::AlignLeft);
    }
    style::TextLabel* title() const { return title_; }
    style::TextLabel* facts() const { return facts_; }

protected:
    void changeEvent(QEvent* event) override
    {
        QWidget::changeEvent(event);
        if (event->type() == QEvent::PaletteChange) {
            showIcon();
        }
    }

private:
    void showIcon() { icon_->setPixmap(style::icon(iconName_, tint_).pixmap(QSize(16, 16), devicePixelRatio())); }

    QLabel* icon_;
    QVBoxLayout* column_;
    style::TextLabel* title_;
    style::TextLabel* facts_;
    QString iconName_;
    style::IconTint tint_ = style::IconTint::kControl;
};

} // namespace

StartPage::StartPage(Workbench& workbench, SampleMaker& sample, QWidget* parent)
    : QWidget(parent)
    , workbench_(workbench)
{
    style::setGround(this, style::Ground::kPanel);
    setAccessibleName(tr("Start"));
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setProperty("tone", QStringLiteral("plain"));
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* page = new QWidget;
    scroll->setWidget(page);
    page->setAutoFillBackground(false);
    scroll->viewport()->setAutoFillBackground(false);
    outer->addWidget(scroll);

    content_ = new QWidget;
    auto* middle = new QHBoxLayout(page);
    middle->setContentsMargins(style::kSpace6, style::kSpace6, style::kSpace6, style::kSpace6);
    middle->addStretch(1);
    middle->addWidget(content_);
    middle->addStretch(1);

    auto* column = new QVBoxLayout(content_);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addStretch(2);
    column->addWidget(new style::TextLabel(tr("Open a clip to begin"), style::TextRole::kStartTitle));
    column->addSpacing(style::kSpace2);
    auto* promise =
        new style::TextLabel(tr("Your footage stays on this machine. The original file is never changed."),
            style::TextRole::kSheetTitle, style::Tone::kSecondary);
    QFont promiseFont = promise->font();
    promiseFont.setWeight(QFont::Normal);
    promise->setFont(promiseFont);
    column->addWidget(promise);
    column->addSpacing(style::kSpace6);
    problem_ = new style::MessageBar;
    cleared_ = new style::MessageBar;
    auto* jobs = new JobNotice(workbench_.allJobs());
    for (style::MessageBar* bar : {problem_, cleared_, static_cast<style::MessageBar*>(jobs)}) {
        column->addWidget(bar);
    }
    column->addSpacing(style::kSpace2);

    auto* columns = new QHBoxLayout;
    columns->setSpacing(kGap);
    auto* left = new QVBoxLayout;
    left->setSpacing(style::kSpace4);
    drop_ = new DropArea;
    drop_->setMinimumHeight(180);
    drop_->setMaximumHeight(kDropHeight);
    left->addWidget(drop_, 1);
    auto* card = new SampleCard(sample, workbench_);
    left->addWidget(card);
    columns->addLayout(left, 1);
    recent_ = makeRecent();
    columns->addWidget(recent_);
    column->addLayout(columns, 6);
    column->addSpacing(style::kSpace8);
    auto* separator = new QFrame;
    separator->setProperty("tone", QStringLiteral("separator"));
    separator->setFixedHeight(1);
    column->addWidget(separator);
    column->addSpacing(style::kSpace6);
    column->addWidget(makeFacts());
    column->addStretch(3);

    connect(drop_, &DropArea::openRequested, this, &StartPage::openRequested);
    connect(drop_, &DropArea::openFolderRequested, this, &StartPage::openFolderRequested);
    connect(drop_, &DropArea::filesDropped, this, &StartPage::filesDropped);
    connect(card, &SampleCard::openRequested, this, &StartPage::pathChosen);
    connect(card, &SampleCard::failed, this, &StartPage::showProblem);
    connect(jobs, &JobNotice::openRequested, this, &StartPage::pathChosen);
    connect(jobs, &JobNotice::refused, this, &StartPage::showProblem);
    connect(&workbench_.recent(), &RecentFiles::changed, this, &StartPage::showRecent);
    connect(&workbench_.engine(), &EngineClient::stateChanged, this, &StartPage::showEngine);
    showRecent();
    showEngine();
}

QWidget* StartPage::makeRecent()
{
    auto* panel = new QWidget;
    panel->setFixedWidth(kRecentWidth);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(style::kSpace1);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(style::kSpace2, 0, style::kSpace2, 0);
    head->addWidget(new style::TextLabel(tr("Recent"), style::TextRole::kSectionTitle, style::Tone::kSecondary), 1);
    clear_ = new LinkButton(tr("Clear"));
    clear_->setAccessibleName(tr("Clear the recent clips"));
    head->addWidget(clear_);
    column->addLayout(head);
    auto* list = new RecentList(workbench_.recent(), workbench_.thumbnails());
    column->addWidget(list, 1);
    connect(clear_, &QPushButton::clicked, this, &StartPage::clearRecent);
    connect(list, &RecentList::openRequested, this, &StartPage::pathChosen);
    connect(list, &RecentList::findRequested, this, &StartPage::findRequested);
    return panel;
}

QWidget* StartPage::makeFacts()
{
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(style::kSpace6);
    auto* engine = new Fact({}, {});
    engineIcon_ = engine;
    engineTitle_ = engine->title();
    engineFacts_ = engine->facts();
    auto* model = new Fact(tr("Works without the internet"), {});
    modelFacts_ = model->facts();
    model->setIcon(u"check-circle-fill", style::IconTint::kGood);
    auto* keys = new Fact(tr("Every command has a key"), {});
    keys->setIcon(u"keyboard", style::IconTint::kControl);
    keys->facts()->hide();
    auto* show = new LinkButton(tr("Show the keys"));
    connect(show, &QPushButton::clicked, this, &StartPage::keyboardRequested);
    keys->addLink(show);
    for (QWidget* fact : {static_cast<QWidget*>(engine), static_cast<QWidget*>(model), static_cast<QWidget*>(keys)}) {
        layout->addWidget(fact, 1, Qt::AlignTop);
    }
    return row;
}

void StartPage::showRecent()
{
    const bool hasFiles = !workbench_.recent().files().isEmpty();
    recent_->setVisible(hasFiles);
    if (hasFiles) {
        cleared_->dismiss();
    }
    resizeEvent(nullptr);
}

void StartPage::clearRecent()
{
    RecentFiles& recent = workbench_.recent();
    const bool isKeyboard = clear_->hasFocus();
    const auto files = recent.files();
    recent.clear();
    cleared_->showMessage(style::MessageKind::kInfo, tr("Recent clips cleared."));
    QPushButton* undo = cleared_->addAction(tr("Undo"));
    cleared_->setClosable(true);
    connect(undo, &QPushButton::clicked, this, [this, undo, files] {
        const bool hasFocus = undo->hasFocus();
        workbench_.recent().restore(files);
        if (hasFocus) {
            clear_->setFocus(Qt::OtherFocusReason);
        }
    });
    if (isKeyboard) { // which went with the list
        undo->setFocus(Qt::OtherFocusReason);
    }
}

void StartPage::showEngine()
{
    const EngineClient& engine = workbench_.engine();
    auto* fact = static_cast<Fact*>(engineIcon_);
    const int cores = QThread::idealThreadCount();
    const bool isBad =
        engine.state() == EngineClient::State::kMissing || engine.state() == EngineClient::State::kDied;
    fact->setIcon(engine.isReady() ? u"check-circle-fill"
                  : isBad          ? u"x-octagon-fill"
                                   : u"clock",
        engine.isReady() ? style::IconTint::kGood
        : isBad          ? style::IconTint::kError
                         : style::IconTint::kControl);
    engineTitle_->setText(isBad ? engine.stateWord() : tr("Processor, %n cores", nullptr, cores));
    engineFacts_->setText(isBad              ? tr("Nothing can be enhanced now.")
                          : engine.isReady() ? tr("Engine %1 is ready.").arg(engine.facts().version)
                                             : tr("%1.").arg(engine.stateWord()));
    QStringList models;
    for (const QString& model : engine.facts().models) {
        models.append(ui::tasks::Words::model(model));
    }
    modelFacts_->setText(models.isEmpty() ? tr("Models: built in") : tr("Models: %1").arg(models.join(tr(", "))));
}

void StartPage::showProblem(const QString& title, const QString& details)
{
    problem_->showMessage(style::MessageKind::kError, title, details);
    problem_->setClosable(true);
}

void StartPage::showEngineProblem(const QString& title, const QString& details)
{
    problem_->showMessage(style::MessageKind::kError, title, details);
    connect(
        problem_->addAction(tr("Try again")), &QPushButton::clicked, &workbench_.engine(), &EngineClient::tryAgain);
    connect(problem_->addAction(tr("Choose the engine…")), &QPushButton::clicked, this,
        &StartPage::chooseEngineRequested);
}

void StartPage::clearProblem()
{
    problem_->dismiss();
}

void StartPage::hideEvent(QHideEvent* event)
{
    if (!event->spontaneous()) { // left, not minimised
        cleared_->dismiss();
    }
}

void StartPage::resizeEvent(QResizeEvent*)
{
    const bool hasRecent = recent_->isVisibleTo(this);
    const int room = width() - 2 * style::kSpace6 - 8; // and the scroll bar
    content_->setFixedWidth(std::max(320, std::min(room, hasRecent ? kWidest : kWidest - kRecentWidth - kGap)));
    recent_->setFixedWidth(room < 1000 ? 340 : kRecentWidth);
}

} // namespace reelmend::desktop
