#pragma once
#include <QImage>
#include <QSize>
#include <QString>

#include "core/base/control.h"
#include "ui/viewer/display_source.h"

namespace reelmend::desktop {

// Pictures of a clip file for the viewer, decoded at the size that is shown. A result of a part of a clip begins at
// the source's frame `firstFrame`, so that both are asked for by the same index; frames before it cannot be had.
ui::viewer::DisplaySourceFactory picturesOf(const QString& path, qint64 firstFrame = 0);

// One picture from the middle of a clip, at most `size` large: the reader of session::Thumbnails.
QImage middlePicture(const QString& path, QSize size, const base::Control& control);

} // namespace reelmend::desktop
