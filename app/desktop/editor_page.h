#pragma once
#include <QTimer>
#include <QWidget>

#include <memory>
#include <optional>

#include "ui/masks/mask_document.h"
#include "ui/masks/mask_overlay.h"
#include "ui/masks/mask_tools.h"
#include "ui/session/job.h"
#include "ui/viewer/frame_cache.h"
#include "ui/viewer/picture_canvas.h"
#include "ui/viewer/player.h"

class QSplitter;
class QStackedWidget;

namespace reelmend::ui::compare {
class CompareBar;
class SplitView;
} // namespace reelmend::ui::compare
namespace reelmend::ui::masks {
class ToolOptionsBar;
class ToolStrip;
} // namespace reelmend::ui::masks
namespace reelmend::ui::style {
class MessageBar;
}
namespace reelmend::ui::tasks {
class TaskPanel;
}
namespace reelmend::ui::timeline {
class Timeline;
class TransportBar;
} // namespace reelmend::ui::timeline
namespace reelmend::ui::viewer {
class ViewBar;
class Viewer;
} // namespace reelmend::ui::viewer

namespace reelmend::desktop {

class FileMaskOverlay;
class Workbench;

// The page of an open clip: tools, viewer or comparison, transport, timeline and the task panel. It shows the
// document and edits it; files, jobs and dialogs are others' business.
class EditorPage : public QWidget {
    Q_OBJECT

public:
    explicit EditorPage(Workbench& workbench, QWidget* parent = nullptr);
    ~EditorPage() override;

    ui::viewer::Player& player() { return player_; }
    ui::viewer::Viewer& viewer() { return *viewer_; }
    ui::masks::MaskDocument& mask() { return mask_; }
    ui::masks::MaskTools& tools() { return *tools_; }
    const FileMaskOverlay& fileMask() const { return *fileMask_; }
    ui::tasks::TaskPanel& panel() { return *panel_; }
    ui::compare::SplitView& splitView() { return *split_; }
    ui::style::MessageBar& message() { return *message_; }             // about the clip
    ui::style::MessageBar& engineMessage() { return *engineMessage_; } // stays while it holds
    QSplitter& splitter() { return *splitter_; }

    // The source and a result of it, side by side at the frame that is shown. Needs a finished job.
    void compare(const ui::session::Job& job);
    void leaveComparison();
    bool isComparing() const { return !compared_.isEmpty(); }
    QString compared() const { return compared_; } // job id

    void setOverlayShown(bool isShown);
    void showPreview(qint64 frame, const QImage& picture);
    void hidePreview();
    bool isShowingPreview() const;
    void setSurround(ui::viewer::Surround surround);
    void setMaskTint(ui::masks::OverlayTint tint);

    // F6 goes round these.
    QList<QWidget*> panels() const;
    ui::viewer::PictureCanvas& canvas() const; // the one on screen

Q_SIGNALS:
    void cachedChanged(qint64 cached, qint64 frames);
    void comparisonChanged(bool isComparing);
    void overlayChanged(bool isShown);
    void maskChanged();
    void filesDropped(const QList<QUrl>& files);
    void openRequested();
    void pictureFailed(const reelmend::base::Error& error);

private:
    QWidget* makeMiddle();
    QWidget* makeHeader();
    void connectMask();
    void connectPlayer();
    void openClip();
    void closeClip();
    void loadMask(const QImage& mask);
    void showLabels();
    void showOverlay();
    void followPlayer();

    Workbench& workbench_;
    ui::viewer::Player player_;
    ui::masks::MaskDocument mask_;
    std::unique_ptr<ui::viewer::FrameCache> source_, result_;
    QString compared_, comparedName_;
    qint64 resultBegin_ = 0; // source frame of the result's first
    QTimer maskSettles_;
    bool isLoadingMask_ = false;
    bool isOverlayWanted_ = true;
    std::optional<ui::masks::ToolKind> toolBefore_; // the task that needs no mask

    QSplitter* splitter_;
    ui::masks::ToolStrip* strip_;
    QStackedWidget* headers_;
    ui::masks::ToolOptionsBar* options_;
    ui::compare::CompareBar* compareBar_;
    ui::viewer::ViewBar* viewBar_;
    ui::style::MessageBar* message_;
    ui::style::MessageBar* engineMessage_;
    QStackedWidget* views_;
    ui::viewer::Viewer* viewer_;
    ui::compare::SplitView* split_;
    QWidget* compareHint_;
    ui::timeline::TransportBar* transport_;
    ui::timeline::Timeline* timeline_;
    ui::tasks::TaskPanel* panel_;
    ui::masks::MaskTools* tools_;
    ui::masks::MaskOverlay* overlay_;
    FileMaskOverlay* fileMask_;
};

} // namespace reelmend::desktop
