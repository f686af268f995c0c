#include "ui/session/clip_facts.h"

#include <QLocale>
#include <QStringList>

namespace reelmend::ui::session {

namespace {

// "24", "29.97": frames per second as people write them.
QString rateText(base::Rational rate)
{
    return QLocale().toString(rate.value(), 'g', rate.value() < 100 ? 4 : 5);
}

} // namespace

ClipFacts factsOf(const video::ClipInfo& info)
{
    ClipFacts facts;
    facts.width = info.displayWidth();
    facts.height = info.displayHeight();
    facts.frameRate = info.frameRate();
    facts.frameCount = info.frameCount();
    return facts;
}

QString factsText(const ClipFacts& facts)
{
    if (facts.width <= 0 || facts.height <= 0) {
        return {};
    }
    QStringList parts{ClipFacts::tr("%1 × %2").arg(facts.width).arg(facts.height)};
    if (facts.frameRate.isPositive()) {
        parts.append(ClipFacts::tr("%1 fps").arg(rateText(facts.frameRate)));
    }
    if (facts.frameCount > 0) {
        parts.append(ClipFacts::tr("%n frames", nullptr, static_cast<int>(facts.frameCount)));
    }
    return parts.join(ClipFacts::tr(" · "));
}

} // namespace reelmend::ui::session
