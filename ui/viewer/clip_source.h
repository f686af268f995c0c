#pragma once
#include <QString>

#include "ui/viewer/display_source.h"

namespace reelmend::ui::viewer {

enum class DecoderThreads { kAll, kOne }; // kOne: thumbnails, which must not slow the viewer down

// Pictures of a file or numbered pictures, decoded at the size that is shown.
DisplaySourceFactory clipSource(const QString& path, DecoderThreads threads = DecoderThreads::kAll);

} // namespace reelmend::ui::viewer
