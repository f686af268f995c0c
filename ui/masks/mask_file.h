#pragma once
#include <QImage>
#include <QString>

namespace reelmend::ui::masks {

// One picture as a mask of a clip of `clipSize`: 16-bit grey; a picture without colour but with alpha counts by its
// alpha, otherwise luma counts. Throws base::Error(kInput): not a picture, or of another size. Reads the disk: never
// call it in the window's thread.
QImage loadMask(const QString& path, QSize clipSize);

// 16-bit grey PNG, written as a whole or not at all. Throws base::Error(kOutput or kDiskFull). Any thread but the
// window's.
void saveMask(const QImage& mask, const QString& path);

// "Painted, 9 % of the picture", "Nothing painted yet".
QString coverageText(double coverage);

} // namespace reelmend::ui::masks
