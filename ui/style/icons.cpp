#include "ui/style/icons.h"

#include "ui/style/tokens.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QLoggingCategory>
#include <QPainter>
#include <QPixmapCache>
#include <QtSvg/QSvgRenderer>

namespace reelmend::ui::style {

using namespace Qt::StringLiterals;

namespace {

QByteArray svgOf(QStringView name)
{
    QFile file(u":/reelmend/icons/"_s + name + u".svg"_s);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

class TintedSvgEngine : public QIconEngine {
public:
    TintedSvgEngine(QString name, IconTint tint)
        : name_(std::move(name))
        , tint_(tint)
    {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override
    {
        drawIcon(*painter, rect, name_, colour(mode, state));
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        return iconPixmap(name_, std::min(size.width(), size.height()), colour(mode, state));
    }
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state, qreal) override
    {
        return pixmap(size, mode, state); // `size` already is in device pixels
    }
    QIconEngine* clone() const override { return new TintedSvgEngine(name_, tint_); }
    QString key() const override { return u"reelmend"_s; }
    bool isNull() override { return false; }

private:
    QColor colour(QIcon::Mode mode, QIcon::State state) const
    {
        const Tokens& t = tokensFor(QGuiApplication::palette());
        if (mode == QIcon::Disabled) {
            return t.text3;
        }
        switch (tint_) {
        case IconTint::kControl:
            return mode == QIcon::Selected || mode == QIcon::Active || state == QIcon::On ? t.text : t.text2;
        case IconTint::kText:
            return t.text;
        case IconTint::kAccent:
            return t.accent;
        case IconTint::kOnFill:
            return t.onFill;
        case IconTint::kGood:
            return t.good;
        case IconTint::kWarn:
            return t.warn;
        case IconTint::kError:
            return t.error;
        }
        return t.text2;
    }

    QString name_;
    IconTint tint_;
};

} // namespace

QPixmap iconPixmap(QStringView name, int size, const QColor& colour)
{
    const QString key =
        u"reelmend-icon/"_s + name + u'/' + QString::number(size) + u'/' + colour.name(QColor::HexArgb);
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap)) {
        return pixmap;
    }
    QByteArray svg = svgOf(name);
    if (svg.isEmpty()) {
        qWarning("No icon named %s in the resources", qPrintable(name.toString()));
        return {};
    }
    svg.replace("currentColor", colour.name(QColor::HexRgb).toLatin1());
    QSvgRenderer renderer(svg);
    renderer.setAspectRatioMode(Qt::KeepAspectRatio);
    QImage image(size, size, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    QPainter painter(&image);
    painter.setOpacity(colour.alphaF());
    renderer.render(&painter, QRectF(0, 0, size, size));
    painter.end();
    pixmap = QPixmap::fromImage(image);
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

void drawIcon(QPainter& painter, const QRectF& rect, QStringView name, const QColor& colour)
{
    const qreal ratio = painter.device()->devicePixelRatioF();
    const qreal side = std::min(rect.width(), rect.height());
    QPixmap pixmap = iconPixmap(name, std::max(1, qRound(side * ratio)), colour);
    pixmap.setDevicePixelRatio(ratio);
    // On whole device pixels, or the 1 px strokes blur.
    const QPointF corner = rect.center() - QPointF(side, side) / 2;
    painter.drawPixmap(QPointF(qRound(corner.x() * ratio) / ratio, qRound(corner.y() * ratio) / ratio), pixmap);
}

QIcon icon(QStringView name, IconTint tint)
{
    return QIcon(new TintedSvgEngine(name.toString(), tint));
}

} // namespace reelmend::ui::style
