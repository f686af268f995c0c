#include "app/desktop/clip_pictures.h"

#include <algorithm>

#include "ui/viewer/clip_source.h"

namespace reelmend::desktop {

QImage middlePicture(const QString& path, QSize size, const base::Control& control)
{
    const auto pictures = ui::viewer::clipSource(path, ui::viewer::DecoderThreads::kOne)(control);
    const std::int64_t middle = std::max<std::int64_t>(pictures->frameCount() / 2, 0);
    return pictures->picture(middle, size).copy(); // the reader's memory goes with it
}

} // namespace reelmend::desktop
