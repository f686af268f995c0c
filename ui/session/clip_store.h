#pragma once
#include <QImage>
#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <filesystem>
#include <functional>
#include <optional>

#include "core/base/error.h"
#include "core/video/clip_info.h"
#include "ui/session/clip_session.h"

namespace reelmend::ui::session {

// What is kept of a clip: the session and, when one was painted, the mask (8- or 16-bit grey, the clip's size).
struct StoredClip {
    ClipSession session;
    QImage paintedMask;
};

// Folder of a clip's files below base::dataFolder()/clips, named by its path. Made when absent. Throws base::Error.
std::filesystem::path clipFolder(const QString& clipPath);

// Blocking; for a worker thread. A clip that was never open, or whose files are damaged, gives a fresh session.
StoredClip loadClip(const QString& clipPath);
void saveClip(const StoredClip& clip); // throws base::Error
// The painted mask as a request wants it: painted on the upright picture with square pixels, read beside the stored
// one.
QImage storedMask(const QImage& painted, const video::ClipHeader& header);
// A copy of a mask that no later edit changes, for a request: its path. Throws base::Error.
QString freezeMask(const QString& clipPath, const QImage& mask);

// Saves the open clip a moment after its last change, on a thread of its own; what was still waiting is saved when
// this is destroyed. UI thread.
class ClipStore : public QObject {
    Q_OBJECT

public:
    explicit ClipStore(QObject* parent = nullptr);
    ~ClipStore() override;

    void load(const QString& clipPath, QObject* context, std::function<void(const StoredClip&)> done);
    void saveSoon(StoredClip clip); // replaces what is waiting; another clip's is saved at once
    void saveNow();
    void freeze(const QString& clipPath, const QImage& mask, QObject* context,
        std::function<void(const QString&)> done, std::function<void(const base::Error&)> failed);

Q_SIGNALS:
    void saved();
    void saveFailed(const reelmend::base::Error& error);

private:
    QThreadPool pool_; // one thread: saves keep their order
    QTimer soon_;
    std::optional<StoredClip> waiting_;
};

} // namespace reelmend::ui::session
