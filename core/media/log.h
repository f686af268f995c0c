#pragma once
#include "core/base/log.h"

namespace reelmend::media {

// FFmpeg has one log for the whole process; it is silent until this names a sink (an empty one silences it again).
// Lines arrive without a trailing newline, from any thread.
void sendFfmpegLogTo(base::LogSink sink);

} // namespace reelmend::media
