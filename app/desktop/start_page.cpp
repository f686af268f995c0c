#include "app/desktop/start_page.h"

#include <QFileInfo>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QThread>
#include <QVBoxLayout>

#include "app/desktop/drop_area.h"
#include "app/desktop/recent_list.h"
#include "app/desktop/sample_maker.h"
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
using ui::session::Job;

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
    void addLink(QWidget* link) { column_->addWidget(link, 0, Qt::AlignLeft); }
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

// A text that does something; reached by Tab, taken by Enter.
QLabel* link(const QString& text)
{
    auto* label =
        new QLabel(QStringLiteral("<a href=\"#\" style=\"text-decoration:none\">%1</a>").arg(text.toHtmlEscaped()));
    label->setFont(style::fontFor(style::TextRole::kSmall));
    label->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    label->setFocusPolicy(Qt::StrongFocus);
    label->setAccessibleName(text);
    label->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    return label;
}

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
    jobs_ = new style::MessageBar;
    for (style::MessageBar* bar : {problem_, jobs_}) {
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
    sample_ = makeSample(sample);
    left->addWidget(sample_);
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
    connect(&workbench_.recent(), &ui::session::RecentFiles::changed, this, &StartPage::showRecent);
    connect(&workbench_.engine(), &EngineClient::stateChanged, this, &StartPage::showEngine);
    connect(&workbench_.allJobs(), &ui::session::JobList::listed, this, &StartPage::showJobs);
    connect(&workbench_.allJobs(), &ui::session::JobList::changed, this, &StartPage::showJobs);
    showRecent();
    showEngine();
}

QWidget* StartPage::makeSample(SampleMaker& sample)
{
    auto* card = new QWidget;
    style::setGround(card, style::Ground::kCard);
    auto* row = new QHBoxLayout(card);
    row->setContentsMargins(style::kSpace3, style::kSpace3, style::kSpace3, style::kSpace3);
    row->setSpacing(style::kSpace4);
    auto* column = new QVBoxLayout;
    column->setSpacing(2);
    column->addWidget(new style::TextLabel(tr("Sample clip"), style::TextRole::kBodyMedium));
    sampleFacts_ = new style::TextLabel(tr("A short scene that Reelmend draws itself, to try everything on."),
        style::TextRole::kSmall, style::Tone::kSecondary);
    column->addWidget(sampleFacts_);
    row->addLayout(column, 1);
    openSample_ = new QPushButton(tr("Open the sample"));
    style::setButtonRole(openSample_, style::ButtonRole::kOutlined);
    openSample_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    row->addWidget(openSample_);
    connect(openSample_, &QPushButton::clicked, &sample, &SampleMaker::make);
    connect(&sample, &SampleMaker::changed, this, [this, &sample] {
        openSample_->setEnabled(!sample.isMaking());
        openSample_->setText(sample.isMaking() ? tr("Making the sample…") : tr("Open the sample"));
    });
    connect(&sample, &SampleMaker::ready, this, &StartPage::pathChosen);
    connect(&sample, &SampleMaker::failed, this,
        [this](const QString& why) { showProblem(tr("The sample could not be made."), why); });
    return card;
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
    auto* clear = link(tr("Clear"));
    clear->setAccessibleName(tr("Clear the recent clips"));
    head->addWidget(clear);
    column->addLayout(head);
    auto* list = new RecentList(workbench_.recent(), workbench_.thumbnails());
    column->addWidget(list, 1);
    connect(clear, &QLabel::linkActivated, &workbench_.recent(), &ui::session::RecentFiles::clear);
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
    auto* show = link(tr("Show the keys"));
    connect(show, &QLabel::linkActivated, this, &StartPage::keyboardRequested);
    keys->addLink(show);
    for (QWidget* fact : {static_cast<QWidget*>(engine), static_cast<QWidget*>(model), static_cast<QWidget*>(keys)}) {
        layout->addWidget(fact, 1, Qt::AlignTop);
    }
    return row;
}

void StartPage::showRecent()
{
    recent_->setVisible(!workbench_.recent().files().isEmpty());
    resizeEvent(nullptr);
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

// A job that goes on, or was cut off, while its clip was closed: said once, with the way to it.
void StartPage::showJobs()
{
    const ui::session::JobList& jobs = workbench_.allJobs();
    const Job* shown = jobs.current();
    if (shown == nullptr && jobs.rowCount() > 0 && jobs.job(0).state == jobs::JobState::kInterrupted) {
        shown = &jobs.job(0);
    }
    if (shown == nullptr) {
        if (!toldJob_.isEmpty()) {
            toldJob_.clear();
            jobs_->dismiss();
        }
        return;
    }
    const QString name = QFileInfo(shown->input()).fileName();
    const QString title =
        shown->isAlive() ? tr("%1 is being enhanced: %2 of %3 frames.").arg(name).arg(shown->done).arg(shown->total)
                         : tr("%1: interrupted at frame %2 of %3.").arg(name).arg(shown->done).arg(shown->total);
    const QString told = shown->id + title;
    if (toldJob_ == told) {
        return;
    }
    toldJob_ = told;
    jobs_->showMessage(shown->isAlive() ? style::MessageKind::kInfo : style::MessageKind::kWarn, title);
    connect(jobs_->addAction(tr("Open the clip")), &QPushButton::clicked, this,
        [this, path = shown->input()] { Q_EMIT pathChosen(path); });
    jobs_->setClosable(true);
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

void StartPage::resizeEvent(QResizeEvent*)
{
    const bool hasRecent = recent_->isVisibleTo(this);
    const int room = width() - 2 * style::kSpace6 - 8; // and the scroll bar
    content_->setFixedWidth(std::max(320, std::min(room, hasRecent ? kWidest : kWidest - kRecentWidth - kGap)));
    recent_->setFixedWidth(room < 1000 ? 340 : kRecentWidth);
}

} // namespace reelmend::desktop
