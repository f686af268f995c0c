#include "ui/session/thumbnails.h"

#include <QBuffer>
#include <QCryptographicHash>
#include <QDateTime>
#include <QFileInfo>

#include "core/base/files.h"
#include "ui/session/background.h"

namespace reelmend::ui::session {

namespace {

constexpr int kMostInMemory = 200;

// Of the very file: another one of that name has another size or time.
std::filesystem::path cachedFile(const QFileInfo& file)
{
    const QString key = QStringLiteral("%1|%2|%3")
                            .arg(file.absoluteFilePath())
                            .arg(file.size())
                            .arg(file.lastModified().toMSecsSinceEpoch());
    const QByteArray hash = QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha1).toHex();
    return base::cacheFolder() / "thumbnails" / (hash.toStdString() + ".jpg");
}

} // namespace

Thumbnails::Thumbnails(Reader reader, QObject* parent)
    : QObject(parent)
    , reader_(std::move(reader))
    , control_(std::make_shared<base::Control>())
    , pictures_(kMostInMemory)
{
    pool_.setMaxThreadCount(1);
}

Thumbnails::~Thumbnails()
{
    control_->requestCancel();
    pool_.clear();
    pool_.waitForDone();
}

QImage Thumbnails::picture(const QString& path)
{
    if (const QImage* picture = pictures_.object(path)) {
        return *picture;
    }
    if (!path.isEmpty() && !asked_.contains(path)) {
        asked_.insert(path);
        inBackground(
            pool_, this,
            [reader = reader_, path, control = control_] {
                control->throwIfCancelled();
                return find(reader, path, *control);
            },
            [this, path](const Found& found) { take(path, found); },
            [this, path](const base::Error&) { take(path, {}); });
    }
    return {};
}

void Thumbnails::forget(const QString& path)
{
    asked_.remove(path);
    missing_.remove(path);
    pictures_.remove(path);
}

void Thumbnails::take(const QString& path, const Found& found)
{
    if (!found.picture.isNull()) {
        pictures_.insert(path, new QImage(found.picture));
    }
    if (found.isMissing) {
        missing_.insert(path);
    }
    Q_EMIT ready(path);
}

Thumbnails::Found Thumbnails::find(const Reader& reader, const QString& path, const base::Control& control)
{
    const QFileInfo file(path);
    const bool isPattern = path.contains(u'%'); // numbered pictures: no single file to look at
    if (!isPattern && !file.exists()) {
        return {{}, true};
    }
    const std::filesystem::path cached = cachedFile(file);
    QImage picture;
    if (!isPattern && picture.load(QString::fromStdString(base::pathText(cached)), "JPG")) {
        return {picture, false};
    }
    picture = reader(path, kSize, control);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (!isPattern && picture.save(&buffer, "JPG", 90)) {
        base::makeFolder(cached.parent_path());
        base::writeFileAtomically(cached, {bytes.constData(), static_cast<std::size_t>(bytes.size())});
    }
    return {picture, false};
}

} // namespace reelmend::ui::session
