#include "ui/session/clip_loader.h"

#include <utility>

#include "core/base/files.h"
#include "core/media/probe.h"
#include "ui/session/background.h"

namespace reelmend::ui::session {

ClipLoader::ClipLoader(QObject* parent)
    : QObject(parent)
{
    pool_.setMaxThreadCount(2); // a scan that is being cancelled does not hold up the next clip
}

ClipLoader::~ClipLoader()
{
    cancel();
    pool_.waitForDone();
}

void ClipLoader::cancel()
{
    if (control_) {
        control_->requestCancel();
        control_.reset();
    }
}

void ClipLoader::load(const QString& path)
{
    cancel();
    path_ = path;
    control_ = std::make_shared<base::Control>();
    inBackground(
        pool_, this,
        [path, control = control_] {
            media::ProbeOptions options;
            options.scan = false;
            options.control = control.get();
            return media::probe(base::pathFromText(path.toStdString()), options);
        },
        [this, control = control_](const video::ClipInfo& info) {
            if (control == control_) {
                Q_EMIT headerRead(info);
                if (control == control_) { // a listener may have gone elsewhere
                    scan(control);
                }
            }
        },
        [this, control = control_](const base::Error& error) {
            if (control == control_) {
                control_.reset();
                Q_EMIT failed(error);
            }
        });
}

void ClipLoader::scan(const std::shared_ptr<base::Control>& control)
{
    inBackground(
        pool_, this,
        [path = path_, control, this] {
            media::ProbeOptions options;
            options.control = control.get();
            options.progress = [this, control, last = -1](double fraction) mutable {
                const int percent = static_cast<int>(fraction * 100);
                if (percent == std::exchange(last, percent)) {
                    return;
                }
                QMetaObject::invokeMethod(this, [this, control, fraction] { // the destructor waits for this thread
                    if (control == control_) {
                        Q_EMIT progress(fraction);
                    }
                });
            };
            return media::probe(base::pathFromText(path.toStdString()), options);
        },
        [this, control](const video::ClipInfo& info) {
            if (control == control_) {
                control_.reset();
                Q_EMIT loaded(info);
            }
        },
        [this, control](const base::Error& error) {
            if (control == control_) {
                control_.reset();
                Q_EMIT failed(error);
            }
        });
}

} // namespace reelmend::ui::session
