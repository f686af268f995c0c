#pragma once
#include <QObject>
#include <QUndoStack>

#include <optional>

#include "core/video/clip_info.h"
#include "ui/session/clip_session.h"

namespace reelmend::ui::session {

// The open clip: what it is, what the artist decided about it, and how to take that back. Every undoable change
// replaces the session by another value; changes of one kind in a row (a drag) are one step. UI thread.
class Document : public QObject {
    Q_OBJECT

public:
    enum class Step { kOwn, kMerges }; // kMerges: joins the step before when that was of the same kind

    explicit Document(QObject* parent = nullptr);

    void open(const video::ClipInfo& info, const ClipSession& session);
    void close();
    bool isOpen() const { return !session_.path.isEmpty(); }

    const video::ClipInfo& info() const { return info_; }
    const ClipSession& session() const { return session_; }
    const TaskSettings& settings() const { return session_.settings; }
    QUndoStack& undoStack() { return undoStack_; }
    QString name() const; // of the clip, for people: clipName()
    qint64 frameCount() const { return info_.frameCount(); }
    base::FrameRange range() const { return session_.range(frameCount()); } // in to out
    qint64 requestFrames() const;                                           // how many the next run makes

    // Undoable. `what` completes the menu's "Undo …": "Change strength".
    void changeSettings(const TaskSettings& settings, const QString& what, Step step = Step::kOwn);
    void changeInOut(std::optional<base::FrameRange> inOut, Step step = Step::kOwn);
    void changeMask(MaskKind kind, const QString& file);

    // Not undoable: where one looks, and that strokes were painted (the mask keeps its own steps on the same stack).
    void setFrame(qint64 frame);
    void noteMaskKind(MaskKind kind);
    void forgetOutput(); // a chosen name is good for one result

Q_SIGNALS:
    void opened();
    void closed();
    void sessionChanged(); // any part; compare with what you show

private:
    friend class SessionStep;
    void apply(const ClipSession& session);
    void push(const ClipSession& session, const QString& what, int kind, Step step);

    video::ClipInfo info_;
    ClipSession session_;
    QUndoStack undoStack_;
};

} // namespace reelmend::ui::session
