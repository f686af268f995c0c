#include "ui/style/fonts.h"

#include <QApplication>
#include <QFontDatabase>

#include <algorithm>

namespace reelmend::ui::style {

using namespace Qt::StringLiterals;

namespace {

constexpr qreal kBodyPoints = 9.75; // 13 px at 96 dpi

struct Step {
    qreal pixels;
    QFont::Weight weight;
};

Step stepFor(TextRole role)
{
    switch (role) {
    case TextRole::kBody:
        return {13, QFont::Normal};
    case TextRole::kBodyMedium:
        return {13, QFont::Medium};
    case TextRole::kSmall:
        return {12, QFont::Normal};
    case TextRole::kSectionTitle:
        return {12, QFont::DemiBold};
    case TextRole::kCaption:
        return {11, QFont::Normal};
    case TextRole::kTimecode:
        return {15, QFont::Medium};
    case TextRole::kSheetTitle:
        return {16, QFont::DemiBold};
    case TextRole::kPageTitle:
        return {20, QFont::DemiBold};
    case TextRole::kStartTitle:
        return {24, QFont::DemiBold};
    }
    return {13, QFont::Normal};
}

} // namespace

QFont fontFor(TextRole role, const QFont& base)
{
    const Step step = stepFor(role);
    QFont font = base;
    if (base.pointSizeF() > 0) {
        font.setPointSizeF(base.pointSizeF() * step.pixels / 13.0);
    } else {
        font.setPixelSize(std::max(11, qRound(base.pixelSize() * step.pixels / 13.0)));
    }
    font.setWeight(step.weight);
    return font;
}

QFont fontFor(TextRole role)
{
    return fontFor(role, QApplication::font());
}

QFont loadApplicationFont()
{
    // Under a family name of its own: a system-wide Inter would win over an embedded one (tools/fonts/make_fonts.py).
    for (const auto* file : {u"Regular", u"Medium", u"SemiBold"}) {
        QFontDatabase::addApplicationFont(u":/reelmend/fonts/InterReelmend-"_s + QStringView(file) + u".ttf"_s);
    }
    const QFont system = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    QFont font(QStringList{u"Inter Reelmend"_s, u"Inter"_s, system.family(), u"DejaVu Sans"_s});
    // Desktops default to 9 to 11 pt; only a size beyond that says that somebody wants larger text.
    const qreal wanted = system.pointSizeF() > 11.5 ? system.pointSizeF() * kBodyPoints / 10.0 : kBodyPoints;
    font.setPointSizeF(std::max(kBodyPoints, wanted));
    font.setWeight(QFont::Normal);
    font.setStyleStrategy(QFont::PreferAntialias);
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

} // namespace reelmend::ui::style
