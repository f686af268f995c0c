#include "ui/session/document.h"

#include <QUndoCommand>

#include <utility>

#include "ui/session/output_name.h"

namespace reelmend::ui::session {

namespace {

enum StepKind { kSettingsStep = 1, kInOutStep, kMaskStep };

} // namespace

// Replaces the undoable parts of a session; where the playhead stands stays as it is.
class SessionStep : public QUndoCommand {
public:
    SessionStep(Document& document, ClipSession after, const QString& what, int kind, bool merges)
        : QUndoCommand(what)
        , document_(document)
        , before_(document.session())
        , after_(std::move(after))
        , kind_(kind)
        , merges_(merges)
    {}

    void undo() override { replace(before_); }
    void redo() override { replace(after_); }
    int id() const override { return merges_ ? kind_ : -1; }
    bool mergeWith(const QUndoCommand* other) override
    {
        const auto* next = static_cast<const SessionStep*>(other);
        if (next->text() != text()) {
            return false;
        }
        after_ = next->after_;
        setObsolete(after_ == before_);
        return true;
    }

private:
    void replace(ClipSession session)
    {
        session.frame = document_.session().frame;
        if (kind_ != kMaskStep) { // strokes between two steps are not theirs to take back
            session.maskKind = document_.session().maskKind;
            session.maskFile = document_.session().maskFile;
        }
        document_.apply(session);
    }

    Document& document_;
    ClipSession before_, after_;
    int kind_;
    bool merges_;
};

Document::Document(QObject* parent)
    : QObject(parent)
{}

void Document::open(const video::ClipInfo& info, const ClipSession& session)
{
    undoStack_.clear();
    info_ = info;
    session_ = session;
    Q_EMIT opened();
    Q_EMIT sessionChanged();
}

void Document::close()
{
    if (!isOpen()) {
        return;
    }
    undoStack_.clear();
    info_ = {};
    session_ = {};
    Q_EMIT closed();
}

QString Document::name() const
{
    return clipName(session_.path);
}

qint64 Document::requestFrames() const
{
    const auto range = session_.requestRange(frameCount());
    return range ? range->size() : frameCount();
}

void Document::changeSettings(const TaskSettings& settings, const QString& what, Step step)
{
    ClipSession after = session_;
    after.settings = settings;
    push(after, what, kSettingsStep, step);
}

void Document::changeInOut(std::optional<base::FrameRange> inOut, Step step)
{
    ClipSession after = session_;
    after.inOut = inOut;
    if (inOut && (*inOut).begin <= 0 && (*inOut).end >= frameCount()) {
        after.inOut.reset();
    }
    push(after, tr("Change in and out"), kInOutStep, step);
}

void Document::changeMask(MaskKind kind, const QString& file)
{
    ClipSession after = session_;
    after.maskKind = kind;
    after.maskFile = file;
    push(after, kind == MaskKind::kFile ? tr("Load mask") : tr("Clear mask"), kMaskStep, Step::kOwn);
}

void Document::setFrame(qint64 frame)
{
    if (isOpen() && session_.frame != frame) {
        session_.frame = frame;
        Q_EMIT sessionChanged();
    }
}

void Document::noteMaskKind(MaskKind kind)
{
    if (isOpen() && session_.maskKind != kind) {
        session_.maskKind = kind;
        Q_EMIT sessionChanged();
    }
}

void Document::forgetOutput()
{
    if (!session_.settings.output.isEmpty()) {
        session_.settings.output.clear();
        Q_EMIT sessionChanged();
    }
}

void Document::push(const ClipSession& session, const QString& what, int kind, Step step)
{
    if (isOpen() && !(session == session_)) {
        undoStack_.push(new SessionStep(*this, session, what, kind, step == Step::kMerges));
    }
}

void Document::apply(const ClipSession& session)
{
    if (!(session == session_)) {
        session_ = session;
        Q_EMIT sessionChanged();
    }
}

} // namespace reelmend::ui::session
