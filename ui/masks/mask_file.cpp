#include "ui/masks/mask_file.h"

#include "core/base/error.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QImageReader>
#include <QSaveFile>

#include <cmath>

namespace reelmend::ui::masks {

namespace {

// Where lupdate looks for the words of functions that belong to no class.
struct MaskFile {
    Q_DECLARE_TR_FUNCTIONS(MaskFile)
};

std::string textOf(const QString& text)
{
    return text.toStdString();
}

// All of one colour, and not opaque everywhere: the shape lies in the alpha channel.
bool isShapedByAlpha(const QImage& image)
{
    if (!image.hasAlphaChannel()) {
        return false;
    }
    const QImage pixels = image.convertToFormat(QImage::Format_ARGB32);
    const QRgb first = pixels.pixel(0, 0) & 0xffffff;
    bool isTransparentSomewhere = false;
    for (int y = 0; y < pixels.height(); ++y) {
        const auto* row = reinterpret_cast<const QRgb*>(pixels.constScanLine(y));
        for (int x = 0; x < pixels.width(); ++x) {
            if (qAlpha(row[x]) != 0 && (row[x] & 0xffffff) != first && qAlpha(pixels.pixel(0, 0)) != 0) {
                return false;
            }
            isTransparentSomewhere = isTransparentSomewhere || qAlpha(row[x]) != 255;
        }
    }
    return isTransparentSomewhere;
}

} // namespace

QImage loadMask(const QString& path, QSize clipSize)
{
    QImageReader reader(path);
    reader.setDecideFormatFromContent(true);
    const QString name = QFileInfo(path).fileName();
    const QSize size = reader.size();
    if (size.isValid() && size != clipSize) {
        throw base::Error(base::ErrorKind::kInput,
            textOf(MaskFile::tr("The mask %1 does not fit this clip.").arg(name)),
            textOf(MaskFile::tr("The picture is %1 × %2, the clip is %3 × %4.")
                       .arg(size.width())
                       .arg(size.height())
                       .arg(clipSize.width())
                       .arg(clipSize.height())),
            textOf(MaskFile::tr("Choose a picture of the clip's size.")));
    }
    const QImage image = reader.read();
    if (image.isNull()) {
        throw base::Error(base::ErrorKind::kInput, textOf(MaskFile::tr("The mask %1 cannot be read.").arg(name)),
            textOf(QFileInfo::exists(path) ? MaskFile::tr("It is not a picture that this program knows.")
                                           : MaskFile::tr("There is no such file.")),
            textOf(MaskFile::tr("Choose a PNG or TIFF picture: white is changed, black is kept.")));
    }
    if (image.size() != clipSize) {
        throw base::Error(base::ErrorKind::kInput,
            textOf(MaskFile::tr("The mask %1 does not fit this clip.").arg(name)),
            textOf(MaskFile::tr("The picture is %1 × %2, the clip is %3 × %4.")
                       .arg(image.width())
                       .arg(image.height())
                       .arg(clipSize.width())
                       .arg(clipSize.height())),
            textOf(MaskFile::tr("Choose a picture of the clip's size.")));
    }
    if (isShapedByAlpha(image)) {
        const QImage alpha = image.convertToFormat(QImage::Format_RGBA64);
        QImage mask(clipSize, QImage::Format_Grayscale16);
        for (int y = 0; y < mask.height(); ++y) {
            const auto* from = reinterpret_cast<const QRgba64*>(alpha.constScanLine(y));
            auto* to = reinterpret_cast<quint16*>(mask.scanLine(y));
            for (int x = 0; x < mask.width(); ++x) {
                to[x] = from[x].alpha();
            }
        }
        return mask;
    }
    return image.convertToFormat(QImage::Format_Grayscale16);
}

void saveMask(const QImage& mask, const QString& path)
{
    QSaveFile file(path);
    const bool isWritten = file.open(QIODevice::WriteOnly) && mask.save(&file, "PNG") && file.commit();
    if (!isWritten) {
        const bool isFull = file.error() == QFileDevice::ResourceError;
        throw base::Error(isFull ? base::ErrorKind::kDiskFull : base::ErrorKind::kOutput,
            textOf(MaskFile::tr("The mask could not be saved.")), textOf(file.errorString()),
            textOf(MaskFile::tr("Choose a folder that can be written to and has room.")));
    }
}

QString coverageText(double coverage)
{
    if (coverage <= 0) {
        return MaskFile::tr("Nothing painted yet");
    }
    const double percent = coverage * 100;
    if (percent < 0.1) {
        return MaskFile::tr("Painted, less than 0.1 % of the picture");
    }
    // One digit below ten per cent only where it says something: 0.4 %, but 9 %.
    const QString number = percent < 1 ? QString::number(percent, 'f', 1) : QString::number(std::lround(percent));
    return MaskFile::tr("Painted, %1 % of the picture").arg(number);
}

} // namespace reelmend::ui::masks
