#pragma once
#include <QCoreApplication>
#include <QString>

#include "core/base/time.h"
#include "core/video/clip_info.h"

namespace reelmend::ui::session {

// What lists tell of a clip, as numbers: they are put into words when shown, since the language may be another by
// then.
struct ClipFacts {
    Q_DECLARE_TR_FUNCTIONS(reelmend::ui::session::ClipFacts)

public:
    int width = 0, height = 0; // as it is to be seen; 0 = nothing is known
    base::Rational frameRate;
    qint64 frameCount = 0;

    bool operator==(const ClipFacts&) const = default;
};

ClipFacts factsOf(const video::ClipInfo& info);
// "854 × 480 · 24 fps · 132 frames"; empty when nothing is known.
QString factsText(const ClipFacts& facts);

} // namespace reelmend::ui::session
