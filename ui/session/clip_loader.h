#pragma once
#include <QObject>
#include <QThreadPool>

#include <memory>

#include "core/base/control.h"
#include "core/base/error.h"
#include "core/video/clip_info.h"

namespace reelmend::ui::session {

// Finds out what a clip is, on a thread of its own: first what the header claims, then, with progress, what reading
// the whole index finds. A new load() or cancel() stops the one under way; nothing is heard of it then. UI thread.
class ClipLoader : public QObject {
    Q_OBJECT

public:
    explicit ClipLoader(QObject* parent = nullptr);
    ~ClipLoader() override;

    void load(const QString& path);
    void cancel();
    bool isLoading() const { return control_ != nullptr; }
    QString path() const { return path_; }

Q_SIGNALS:
    void headerRead(const reelmend::video::ClipInfo& info);
    void progress(double fraction); // of the scan
    void loaded(const reelmend::video::ClipInfo& info);
    void failed(const reelmend::base::Error& error);

private:
    void scan(const std::shared_ptr<base::Control>& control);

    QThreadPool pool_;
    std::shared_ptr<base::Control> control_; // of the load under way
    QString path_;
};

} // namespace reelmend::ui::session
