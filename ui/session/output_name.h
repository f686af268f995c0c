#pragma once
#include <QString>

#include "core/jobs/enhance_request.h"

namespace reelmend::ui::session {

// Name of a result beside its source (beside the folder of numbered pictures, not among them), or in the person's
// folder for films where that cannot be written:
// "<name>_<task>_v<N>.mp4", or .mkv where the quality or the source's sound needs it. N is one more than the highest
// version that exists in that folder or that `atLeast` names, over all tasks of the clip, so that nothing is ever
// overwritten and "Version 3" means one thing. Reads the folder: for a worker thread.
QString nextOutputName(const QString& input, jobs::Task task, jobs::Quality quality, int atLeast);

// The same with a known number; touches no file.
QString outputName(const QString& input, jobs::Task task, jobs::Quality quality, int version);

// What a clip's results are called after: its name without folder and extension. Of numbered pictures the name of
// their folder, with what the pictures' own names share where the folder does not say it: "camel", "shot2_left".
QString clipStem(const QString& input);

// Name of a clip for people: the file's, or "camel/#####.jpg" for numbered pictures, which are often called alike in
// every folder.
QString clipName(const QString& path);

} // namespace reelmend::ui::session
