#pragma once
#include <QPointF>
#include <QRect>

#include <cstdint>

namespace reelmend::ui::masks {

// A round brush drawn from one point to another: strength by distance to the line between them. 1 within hardness ×
// radius, then a smooth fall (3t² - 2t³) to 0 at the radius; a hard edge is anti-aliased over one pixel. Strokes made
// of such pieces have no seams, however fast the hand was.
class Capsule {
public:
    Capsule(QPointF from, QPointF to, double diameter, double hardness);

    QRect bounds() const; // pixels that may be touched
    double strengthAt(QPointF point) const;
    // Combines pixels left…right (centres at + 0.5) of one row of 16-bit grey.
    void paintRow(std::uint16_t* row, int y, int left, int right, bool isErasing) const;

private:
    double strengthOf(double distanceSquared) const;

    QPointF from_, along_;
    double lengthSquared_;
    double inner_, outer_;
};

} // namespace reelmend::ui::masks
