#pragma once
#include <QImage>
#include <QSize>
#include <QString>

#include "core/base/control.h"

namespace reelmend::desktop {

// One picture from the middle of a clip, at most `size` large: the reader of session::Thumbnails. Throws base::Error.
QImage middlePicture(const QString& path, QSize size, const base::Control& control);

} // namespace reelmend::desktop
