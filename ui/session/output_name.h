#pragma once
#include <QString>

#include "core/jobs/enhance_request.h"

namespace reelmend::ui::session {

// Name of a result beside its source, or in the person's folder for films where that one cannot be written:
// "<name>_<task>_v<N>.mp4", or .mkv where the quality or the source's sound needs it. N is one more than the highest
// version that exists in that folder or that `atLeast` names, over all tasks of the clip, so that nothing is ever
// overwritten and "Version 3" means one thing. Reads the folder: for a worker thread.
QString nextOutputName(const QString& input, jobs::Task task, jobs::Quality quality, int atLeast);

// The same with a known number; touches no file.
QString outputName(const QString& input, jobs::Task task, jobs::Quality quality, int version);

// Name of a clip without folder, number pattern and extension: what its results are called after.
QString clipStem(const QString& input);

} // namespace reelmend::ui::session
