#include "app/desktop/editor_page.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

#include "app/desktop/file_mask_overlay.h"
#include "app/desktop/workbench.h"
#include "ui/compare/compare_bar.h"
#include "ui/compare/split_view.h"
#include "ui/masks/tool_options_bar.h"
#include "ui/masks/tool_strip.h"
#include "ui/style/message_bar.h"
#include "ui/style/style.h"
#include "ui/tasks/task_panel.h"
#include "ui/tasks/words.h"
#include "ui/timeline/timeline.h"
#include "ui/timeline/transport_bar.h"
#include "ui/viewer/clip_source.h"
#include "ui/viewer/view_bar.h"
#include "ui/viewer/viewer.h"

namespace reelmend::desktop {

namespace style = ui::style;
using ui::session::Document;
using ui::session::MaskKind;
using ui::viewer::FrameCache;

namespace {

constexpr int kPanelWidth = 324, kSmallestPanel = 300, kLargestPanel = 420;
constexpr int kMaskSettleMilliseconds = 400;
constexpr int kPainting = 0, kComparing = 1; // pages

QFrame* line(Qt::Orientation orientation)
{
    auto* frame = new QFrame;
    frame->setProperty("tone", QStringLiteral("line"));
    orientation == Qt::Horizontal ? frame->setFixedHeight(1) : frame->setFixedWidth(1);
    return frame;
}

template <class Layout> Layout* tight(QWidget* widget)
{
    auto* layout = new Layout(widget);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    return layout;
}

} // namespace

EditorPage::EditorPage(Workbench& workbench, QWidget* parent)
    : QWidget(parent)
    , workbench_(workbench)
    , mask_(&workbench.document().undoStack())
{
    auto* all = tight<QHBoxLayout>(this);
    splitter_ = new QSplitter;
    splitter_->setChildrenCollapsible(false);
    splitter_->setHandleWidth(1); // Qt widens the grab by itself
    splitter_->addWidget(makeMiddle());
    panel_ = new ui::tasks::TaskPanel(
        {workbench.document(), workbench.jobs(), workbench.engine(), workbench.thumbnails(), workbench.settings()});
    panel_->setMinimumWidth(kSmallestPanel);
    panel_->setMaximumWidth(kLargestPanel);
    splitter_->addWidget(panel_);
    splitter_->setStretchFactor(0, 1);
    splitter_->setStretchFactor(1, 0);
    splitter_->setSizes({1276, kPanelWidth});
    all->addWidget(splitter_);

    tools_ = new ui::masks::MaskTools(&mask_, viewer_);
    overlay_ = new ui::masks::MaskOverlay(&mask_, viewer_);
    fileMask_ = new FileMaskOverlay(viewer_);
    strip_->setTools(tools_);
    options_->setTools(tools_, &mask_);
    compareBar_->setView(split_);
    viewBar_->setCanvas(viewer_);
    viewBar_->setOverlayShown(true);
    transport_->setPlayer(&player_);
    timeline_->setPlayer(&player_);
    compareHint_ = ui::compare::makeCompareHint(transport_);
    compareHint_->hide();

    connect(viewer_, &ui::viewer::Viewer::filesDropped, this, &EditorPage::filesDropped);
    connect(viewer_, &ui::viewer::Viewer::openRequested, this, &EditorPage::openRequested);
    connect(viewBar_, &ui::viewer::ViewBar::overlayToggled, this, &EditorPage::setOverlayShown);
    connect(compareBar_, &ui::compare::CompareBar::closeRequested, this, &EditorPage::leaveComparison);
    connect(&workbench_.document(), &Document::opened, this, &EditorPage::openClip);
    connect(&workbench_.document(), &Document::closed, this, &EditorPage::closeClip);
    connect(&workbench_, &Workbench::maskLoaded, this, &EditorPage::loadMask);
    connectMask();
    connectPlayer();
}

EditorPage::~EditorPage()
{
    // The views let go of the caches before those end.
    timeline_->setPlayer(nullptr);
    transport_->setPlayer(nullptr);
    viewer_->setCache(nullptr);
    split_->setSource(nullptr, {});
    split_->setResult(nullptr, {});
    workbench_.setMaskProvider({});
    strip_->setTools(nullptr);
    options_->setTools(nullptr, nullptr);
    delete fileMask_; // all are the viewer's children and need it whole
    delete overlay_;
    delete tools_;
}

QWidget* EditorPage::makeHeader()
{
    auto* header = new QWidget;
    style::setGround(header, style::Ground::kPanel);
    header->setMinimumHeight(style::kBarHeight - 1); // and the line below
    auto* row = tight<QHBoxLayout>(header);
    row->setContentsMargins(style::kSpace3, 0, style::kSpace2, 0);
    headers_ = new QStackedWidget;
    options_ = new ui::masks::ToolOptionsBar;
    compareBar_ = new ui::compare::CompareBar;
    headers_->addWidget(options_);
    headers_->addWidget(compareBar_);
    viewBar_ = new ui::viewer::ViewBar;
    row->addWidget(headers_, 1);
    row->addSpacing(style::kSpace3);
    row->addWidget(viewBar_);
    return header;
}

QWidget* EditorPage::makeMiddle()
{
    auto* middle = new QWidget;
    auto* column = tight<QVBoxLayout>(middle);
    auto* upper = new QWidget;
    auto* upperRow = tight<QHBoxLayout>(upper);
    strip_ = new ui::masks::ToolStrip;
    upperRow->addWidget(strip_);
    upperRow->addWidget(line(Qt::Vertical));
    auto* picture = new QWidget;
    auto* pictureColumn = tight<QVBoxLayout>(picture);
    pictureColumn->addWidget(makeHeader());
    pictureColumn->addWidget(line(Qt::Horizontal));
    engineMessage_ = new style::MessageBar;
    message_ = new style::MessageBar;
    pictureColumn->addWidget(engineMessage_);
    pictureColumn->addWidget(message_);
    views_ = new QStackedWidget;
    viewer_ = new ui::viewer::Viewer;
    split_ = new ui::compare::SplitView;
    views_->addWidget(viewer_);
    views_->addWidget(split_);
    pictureColumn->addWidget(views_, 1);
    upperRow->addWidget(picture, 1);
    column->addWidget(upper, 1);
    column->addWidget(line(Qt::Horizontal));
    transport_ = new ui::timeline::TransportBar;
    column->addWidget(transport_);
    column->addWidget(line(Qt::Horizontal));
    timeline_ = new ui::timeline::Timeline;
    column->addWidget(timeline_);
    return middle;
}

void EditorPage::connectMask()
{
    maskSettles_.setSingleShot(true);
    maskSettles_.setInterval(kMaskSettleMilliseconds);
    workbench_.setMaskProvider([this] { return mask_.isNull() || mask_.isEmpty() ? QImage() : mask_.image(); });
    connect(&maskSettles_, &QTimer::timeout, &workbench_, &Workbench::save);
    connect(&mask_, &ui::masks::MaskDocument::changed, this, [this] {
        if (isLoadingMask_ || !workbench_.document().isOpen()) {
            return;
        }
        panel_->setMaskCoverage(mask_.coverage());
        maskSettles_.start();
        Q_EMIT maskChanged();
    });
    connect(&mask_, &ui::masks::MaskDocument::emptyChanged, this, [this](bool isEmpty) {
        if (isLoadingMask_) {
            return;
        }
        const MaskKind kind = workbench_.document().session().maskKind;
        if (!isEmpty) {
            workbench_.document().noteMaskKind(MaskKind::kPainted); // strokes take the place of a file
        } else if (kind == MaskKind::kPainted) {
            workbench_.document().noteMaskKind(MaskKind::kNone);
        }
        showLabels();
    });
    connect(&workbench_.document(), &Document::sessionChanged, this, &EditorPage::showLabels);
}

void EditorPage::connectPlayer()
{
    connect(&player_, &ui::viewer::Player::frameChanged, this, [this](qint64 frame) {
        workbench_.document().setFrame(frame);
        viewer_->showFrame(frame);
        if (isComparing()) {
            split_->showFrame(frame);
        }
        showLabels();
    });
    connect(&player_, &ui::viewer::Player::rangeChanged, this, [this](base::FrameRange range) {
        if (workbench_.document().isOpen() && range != workbench_.document().range()) {
            workbench_.document().changeInOut(range, Document::Step::kMerges);
        }
        followPlayer();
    });
    connect(&workbench_.document(), &Document::sessionChanged, this, [this] { // undone
        if (workbench_.document().isOpen() && player_.frameCount() > 0 &&
            player_.range() != workbench_.document().range()) {
            player_.setRange(workbench_.document().range());
        }
    });
    connect(&player_, &ui::viewer::Player::playingChanged, this, &EditorPage::followPlayer);
    connect(&player_, &ui::viewer::Player::loopingChanged, this, &EditorPage::followPlayer);
    for (ui::viewer::PictureCanvas* canvas :
        {static_cast<ui::viewer::PictureCanvas*>(viewer_), static_cast<ui::viewer::PictureCanvas*>(split_)}) {
        connect(canvas, &ui::viewer::PictureCanvas::spaceTapped, &player_, &ui::viewer::Player::toggle);
    }
}

void EditorPage::followPlayer()
{
    const int direction = player_.isPlaying() ? 1 : 0;
    const base::FrameRange range = player_.range();
    if (source_) {
        source_->setPlayback(direction, range, player_.isLooping());
    }
    if (result_) { // counts its own frames
        const auto shifted = [this](std::int64_t frame) { return std::max<std::int64_t>(frame - resultBegin_, 0); };
        result_->setPlayback(direction, {shifted(range.begin), shifted(range.end)}, player_.isLooping());
    }
}

void EditorPage::openClip()
{
    const Document& document = workbench_.document();
    leaveComparison();
    message_->dismiss();
    viewer_->setCache(nullptr);
    const auto pictures = ui::viewer::clipSource(document.session().path);
    source_ = std::make_unique<FrameCache>(pictures);
    connect(source_.get(), &FrameCache::cachedChanged, this, [this] {
        timeline_->setCachedRanges(source_->cachedRanges());
        Q_EMIT cachedChanged(source_->cachedCount(), source_->frameCount());
    });
    connect(source_.get(), &FrameCache::openFailed, this, &EditorPage::pictureFailed);
    const qint64 frames = document.frameCount();
    const qint64 frame = std::clamp<qint64>(document.session().frame, 0, std::max<qint64>(frames - 1, 0));
    const base::FrameRange range = document.range();
    const video::ClipHeader& header = document.info().header;
    viewBar_->setTransform(video::displayTransform(header.colour, header.isFloat));
    timeline_->setClip(frames, document.info().frameRate());
    timeline_->setThumbnails(ui::viewer::clipSource(document.session().path, ui::viewer::DecoderThreads::kOne));
    player_.setClip(frames, document.info().frameRate());
    player_.setRange(range);
    viewer_->setCache(source_.get());
    player_.seek(frame);
    viewer_->showFrame(frame);
    viewer_->fit();
    followPlayer();
    showLabels();
    viewer_->setFocus();
}

void EditorPage::closeClip()
{
    player_.pause();
    leaveComparison();
    viewer_->setCache(nullptr);
    timeline_->setThumbnails({});
    viewBar_->setTransform(video::DisplayTransform::kNone);
    timeline_->setClip(0, {24, 1});
    player_.setClip(0, {24, 1});
    source_.reset();
    isLoadingMask_ = true;
    mask_.reset({});
    isLoadingMask_ = false;
}

void EditorPage::loadMask(const QImage& mask)
{
    const video::ClipInfo& info = workbench_.document().info();
    isLoadingMask_ = true;
    mask_.reset({info.displayWidth(), info.displayHeight()});
    if (!mask.isNull()) {
        mask_.replace(mask, QString());
        workbench_.document().undoStack().clear(); // it was there before: nothing to take back
    }
    isLoadingMask_ = false;
    panel_->setMaskCoverage(mask_.coverage());
    showLabels();
    Q_EMIT maskChanged();
}

void EditorPage::compare(const ui::session::Job& job)
{
    if (job.result.isEmpty() || !source_) {
        return;
    }
    if (compared_ != job.id) {
        split_->setResult(nullptr, {});
        result_ = std::make_unique<FrameCache>(ui::viewer::clipSource(job.result));
        connect(result_.get(), &FrameCache::openFailed, this, &EditorPage::pictureFailed);
        compared_ = job.id;
        comparedName_ = ui::tasks::Words::version(job);
    }
    const qint64 first = job.request.range ? job.request.range->begin : 0;
    const qint64 last = first + std::max<qint64>(job.done, 1) - 1;
    resultBegin_ = first;
    split_->setResultOffset(first);
    split_->setSource(source_.get(), tr("Source"));
    split_->setResult(result_.get(), comparedName_);
    compareBar_->setNames(tr("Source"), comparedName_);
    if (player_.frame() < first || player_.frame() > last) {
        player_.seek(first);
    }
    split_->showFrame(player_.frame());
    split_->followView(viewer_->view());
    views_->setCurrentIndex(kComparing);
    headers_->setCurrentIndex(kComparing);
    viewBar_->setCanvas(split_);
    transport_->setHint(compareHint_);
    followPlayer();
    panel_->setCompared(compared_);
    showLabels();
    split_->setFocus();
    Q_EMIT comparisonChanged(true);
}

void EditorPage::leaveComparison()
{
    if (!isComparing()) {
        return;
    }
    compared_.clear();
    viewer_->followView(split_->view());
    views_->setCurrentIndex(kPainting);
    headers_->setCurrentIndex(kPainting);
    viewBar_->setCanvas(viewer_);
    transport_->setHint(nullptr);
    split_->setSource(nullptr, {});
    split_->setResult(nullptr, {});
    result_.reset();
    panel_->setCompared({});
    showLabels();
    viewer_->setFocus();
    Q_EMIT comparisonChanged(false);
}

void EditorPage::setOverlayShown(bool isShown)
{
    if (isOverlayWanted_ != isShown) {
        isOverlayWanted_ = isShown;
        viewBar_->setOverlayShown(isShown);
        showOverlay();
        Q_EMIT overlayChanged(isShown);
    }
}

// A mask that the task does not use, or that hides what a preview made of it, is not in the way.
void EditorPage::showOverlay()
{
    const bool usesMask = ui::session::usesMask(workbench_.document().settings().task);
    const bool isShown = isOverlayWanted_ && usesMask && !viewer_->isShowingPreview();
    overlay_->setShown(isShown);
    const ui::session::ClipSession& session = workbench_.document().session();
    fileMask_->setFile(
        session.maskKind == MaskKind::kFile ? session.maskFile : QString(), workbench_.document().info());
    fileMask_->setShown(isShown);
    fileMask_->showFrame(player_.frame());
    viewBar_->setOverlayToggleVisible(usesMask && !isComparing());
    strip_->setEnabled(usesMask && !isComparing());
    if (!usesMask && tools_->kind() != ui::masks::ToolKind::kPan) {
        toolBefore_ = tools_->kind();
        tools_->setKind(ui::masks::ToolKind::kPan);
    } else if (usesMask && toolBefore_) {
        tools_->setKind(*std::exchange(toolBefore_, std::nullopt));
    }
}

void EditorPage::showPreview(qint64 frame, const QImage& picture)
{
    viewer_->setPreview(frame, picture);
    showLabels();
}

void EditorPage::hidePreview()
{
    viewer_->clearPreview();
    showLabels();
}

bool EditorPage::isShowingPreview() const
{
    return viewer_->isShowingPreview();
}

void EditorPage::showLabels()
{
    if (!workbench_.document().isOpen()) {
        viewer_->setLabels({}, {});
        return;
    }
    showOverlay();
    const ui::session::ClipSession& session = workbench_.document().session();
    const bool usesMask = ui::session::usesMask(session.settings.task);
    QString right;
    if (usesMask && session.maskKind == MaskKind::kPainted) {
        right = tr("Mask · the same on every frame");
    } else if (usesMask && session.maskKind == MaskKind::kFile) {
        right = tr("Mask · from a file");
    }
    viewer_->setLabels(viewer_->isShowingPreview() ? tr("Preview") : tr("Source"), right);
}

void EditorPage::setMaskTint(ui::masks::OverlayTint tint)
{
    overlay_->setTint(tint);
    fileMask_->setTint(tint);
}

void EditorPage::setSurround(ui::viewer::Surround surround)
{
    for (ui::viewer::PictureCanvas* canvas :
        {static_cast<ui::viewer::PictureCanvas*>(viewer_), static_cast<ui::viewer::PictureCanvas*>(split_)}) {
        canvas->setSurround(surround);
    }
}

QList<QWidget*> EditorPage::panels() const
{
    return {strip_, headers_->currentWidget(), views_->currentWidget(), transport_, timeline_, panel_};
}

ui::viewer::PictureCanvas& EditorPage::canvas() const
{
    return static_cast<ui::viewer::PictureCanvas&>(*views_->currentWidget());
}

} // namespace reelmend::desktop
