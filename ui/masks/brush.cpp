#include "ui/masks/brush.h"

#include <algorithm>
#include <cmath>

namespace reelmend::ui::masks {

Capsule::Capsule(QPointF from, QPointF to, double diameter, double hardness)
    : from_(from)
    , along_(to - from)
    , lengthSquared_(QPointF::dotProduct(along_, along_))
{
    const double radius = std::max(0.5, diameter / 2);
    outer_ = radius + 0.5;
    inner_ = std::max(0.0, std::min(radius * std::clamp(hardness, 0.0, 1.0), radius - 0.5));
}

QRect Capsule::bounds() const
{
    const QRectF line = QRectF(from_, from_ + along_).normalized().adjusted(-outer_, -outer_, outer_, outer_);
    return line.toAlignedRect();
}

double Capsule::strengthOf(double distanceSquared) const
{
    if (distanceSquared <= inner_ * inner_) {
        return 1;
    }
    if (distanceSquared >= outer_ * outer_) {
        return 0;
    }
    const double t = (outer_ - std::sqrt(distanceSquared)) / (outer_ - inner_);
    return t * t * (3 - 2 * t);
}

double Capsule::strengthAt(QPointF point) const
{
    const QPointF to = point - from_;
    const double t =
        lengthSquared_ > 0 ? std::clamp(QPointF::dotProduct(to, along_) / lengthSquared_, 0.0, 1.0) : 0.0;
    const QPointF off = to - along_ * t;
    return strengthOf(QPointF::dotProduct(off, off));
}

void Capsule::paintRow(std::uint16_t* row, int y, int left, int right, bool isErasing) const
{
    for (int x = left; x <= right; ++x) {
        const double strength = strengthAt({x + 0.5, y + 0.5});
        if (strength <= 0) {
            continue;
        }
        const auto value = static_cast<std::uint16_t>(std::lround(strength * 65535));
        row[x] = isErasing ? std::min(row[x], static_cast<std::uint16_t>(65535 - value)) : std::max(row[x], value);
    }
}

} // namespace reelmend::ui::masks
