#pragma once
#include <optional>

#include "core/video/clip_info.h"
#include "ui/session/clip_session.h"
#include "ui/session/job.h"

namespace reelmend::ui::session {

class Settings;

// What a run will cost, judged from what was measured on this machine before. Nothing is ever guessed.
struct CostEstimate {
    enum class Basis { kNothing, kRun, kPreview };
    Basis basis = Basis::kNothing; // a preview does work for one frame that a run shares: its time is an upper bound
    double seconds = 0;
};

// Kind of work that takes the same time per pixel: "inpaint/classical", "upscale/classical/2".
QString workKey(jobs::Task task, const QString& model, int scale);

CostEstimate estimateCost(
    const TaskSettings& settings, const video::ClipInfo& info, qint64 frames, const Settings& measured);

// Remembers how long a finished run or preview took. Runs of a few frames say little and are left out.
void learnFrom(const Job& job, const video::ClipInfo& info, Settings& measured);

} // namespace reelmend::ui::session
