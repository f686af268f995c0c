#pragma once
#include <QObject>
#include <QThreadPool>

#include "core/base/error.h"

namespace reelmend::ui::masks {
class MaskDocument;
}

namespace reelmend::desktop {

class Workbench;

// Masks from files and into files, off the UI thread. A picture becomes strokes that can be edited; a clip or
// numbered pictures, one for each frame, stay the files that the job reads. UI thread.
class MaskFiles : public QObject {
    Q_OBJECT

public:
    MaskFiles(Workbench& workbench, ui::masks::MaskDocument& mask, QObject* parent = nullptr);
    ~MaskFiles() override;

    void load(const QString& path);
    void save(const QString& path);
    void clear(); // whatever there is

Q_SIGNALS:
    void loaded();
    void saved(const QString& path);
    void failed(const reelmend::base::Error& error);

private:
    Workbench& workbench_;
    ui::masks::MaskDocument& mask_;
    QThreadPool pool_;
};

} // namespace reelmend::desktop
