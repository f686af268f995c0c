#include "app/desktop/status_line.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QThread>
#include <QToolButton>

#include "app/desktop/workbench.h"
#include "ui/session/output_name.h"
#include "ui/style/labels.h"
#include "ui/style/paint.h"
#include "ui/style/style.h"
#include "ui/style/tokens.h"

namespace reelmend::desktop {

namespace style = ui::style;
using ui::session::EngineClient;

namespace {

constexpr int kHeight = 24;

// The engine's state as a 7 px disc; the word beside it says the same.
class Dot : public QWidget {
public:
    explicit Dot(const EngineClient& engine)
        : engine_(engine)
    {
        setFixedSize(8, kHeight);
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        const style::Tokens& t = style::tokensFor(palette());
        const EngineClient::State state = engine_.state();
        const bool isBad = state == EngineClient::State::kMissing || state == EngineClient::State::kDied;
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(engine_.isReady() ? t.good : isBad ? t.error : t.warn);
        painter.drawEllipse(QRectF(0.5, height() / 2.0 - 3.5, 7, 7));
    }

private:
    const EngineClient& engine_;
};

} // namespace

StatusLine::StatusLine(Workbench& workbench, QWidget* parent)
    : QWidget(parent)
    , workbench_(workbench)
{
    setAccessibleName(tr("Status"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(style::kSpace3, 1, style::kSpace3, 0);
    row->setSpacing(0);
    const auto label = [] { return new style::TextLabel({}, style::TextRole::kSmall, style::Tone::kSecondary); };
    facts_ = label();
    cancel_ = new QToolButton;
    cancel_->setText(tr("Cancel"));
    cancel_->setFont(style::fontFor(style::TextRole::kSmall));
    cancel_->setFixedHeight(20);
    cancel_->hide();
    cached_ = label();
    device_ = label();
    dot_ = new Dot(workbench.engine());
    engine_ = label();
    row->addWidget(facts_);
    row->addSpacing(style::kSpace2);
    row->addWidget(cancel_);
    row->addStretch(1);
    row->addWidget(cached_);
    row->addSpacing(style::kSpace6);
    row->addWidget(device_);
    row->addSpacing(style::kSpace6);
    row->addWidget(dot_);
    row->addSpacing(style::kSpace1 + 2);
    row->addWidget(engine_);
    setFixedHeight(std::max(kHeight, fontMetrics().height() + 8));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);

    const int cores = QThread::idealThreadCount();
    device_->setText(tr("Processor, %n cores", nullptr, cores));
    connect(cancel_, &QToolButton::clicked, &workbench_, &Workbench::cancelOpening);
    connect(&workbench_.engine(), &EngineClient::stateChanged, this, &StatusLine::showEngine);
    connect(&workbench_.document(), &ui::session::Document::opened, this, &StatusLine::showClip);
    connect(&workbench_.document(), &ui::session::Document::closed, this, &StatusLine::showClip);
    connect(&workbench_, &Workbench::opening, this,
        [this](const QString& path) { setBusy(tr("Reading %1").arg(ui::session::clipName(path))); });
    connect(&workbench_, &Workbench::openingProgress, this,
        [this](double fraction) { setBusy(tr("Reading the clip, %1 %").arg(static_cast<int>(fraction * 100))); });
    connect(&workbench_, &Workbench::openingEnded, this, [this] { setBusy({}); });
    showClip();
    showEngine();
}

void StatusLine::setBusy(const QString& text)
{
    busy_ = text;
    cancel_->setVisible(!text.isEmpty());
    showClip();
}

void StatusLine::showClip()
{
    const ui::session::Document& document = workbench_.document();
    const QString facts = ui::session::factsText(ui::session::factsOf(document.info()));
    facts_->setText(!busy_.isEmpty()    ? busy_
                    : document.isOpen() ? tr("%1 · %2").arg(document.name(), facts)
                                        : tr("Ready"));
    if (!document.isOpen()) {
        setCached(0, 0);
    }
}

void StatusLine::showEngine()
{
    const EngineClient& engine = workbench_.engine();
    engine_->setText(engine.stateWord());
    engine_->setToolTip(engine.stateDetail());
    dot_->update();
}

void StatusLine::setCached(qint64 cached, qint64 frames)
{
    if (frames > 0) { // as wide as it can become: nothing beside it moves while the number runs
        const QString running = tr("Cached %1 of %2 frames").arg(frames).arg(frames);
        const QString whole = tr("All %n frames cached", nullptr, static_cast<int>(frames));
        cached_->setTabular(running.size() > whole.size() ? running : whole, Qt::AlignRight);
    }
    cached_->setText(frames <= 0        ? QString()
                     : cached >= frames ? tr("All %n frames cached", nullptr, static_cast<int>(frames))
                                        : tr("Cached %1 of %2 frames").arg(cached).arg(frames));
}

void StatusLine::setDevice(const QString& device)
{
    device_->setText(device);
}

void StatusLine::paintEvent(QPaintEvent*)
{
    const style::Tokens& t = style::tokensFor(palette());
    QPainter painter(this);
    painter.fillRect(rect(), t.win);
    style::drawHorizontalLine(painter, 0, 0, width(), t.line);
}

} // namespace reelmend::desktop
