#include "ui/session/clip_store.h"

#include <QBuffer>
#include <QCryptographicHash>
#include <QTransform>

#include "core/base/files.h"
#include "ui/session/background.h"

namespace reelmend::ui::session {

namespace {

constexpr int kAutosaveMilliseconds = 600;

QString hashOf(const QByteArray& bytes)
{
    return QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha1).toHex().left(16));
}

QByteArray pngOf(const QImage& image)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (!image.save(&buffer, "PNG")) {
        throw base::Error(base::ErrorKind::kOutput, "The mask could not be saved.", "It could not be made a PNG.");
    }
    return bytes;
}

void writeBytes(const std::filesystem::path& path, const QByteArray& bytes)
{
    base::writeFileAtomically(path, {bytes.constData(), static_cast<std::size_t>(bytes.size())});
}

} // namespace

std::filesystem::path clipFolder(const QString& clipPath)
{
    const std::filesystem::path folder = base::dataFolder() / "clips" / hashOf(clipPath.toUtf8()).toStdString();
    base::makeFolder(folder);
    return folder;
}

StoredClip loadClip(const QString& clipPath)
{
    StoredClip clip;
    clip.session.path = clipPath;
    try {
        const std::filesystem::path folder = clipFolder(clipPath);
        if (std::filesystem::exists(folder / "session.json")) {
            const auto session = clipSessionFromJsonText(base::readFile(folder / "session.json", 1 << 20));
            if (session && session->path == clipPath) {
                clip.session = *session;
            }
        }
        if (clip.session.maskKind == MaskKind::kPainted &&
            !clip.paintedMask.load(QString::fromStdString(base::pathText(folder / "mask.png")), "PNG")) {
            clip.session.maskKind = MaskKind::kNone;
        }
    } catch (const base::Error&) {
        // An unreadable folder is a clip that was never open; saving will say what is wrong with it.
    }
    return clip;
}

void saveClip(const StoredClip& clip)
{
    const std::filesystem::path folder = clipFolder(clip.session.path);
    if (!clip.paintedMask.isNull()) {
        writeBytes(folder / "mask.png", pngOf(clip.paintedMask));
    }
    base::writeFileAtomically(folder / "session.json", toJsonText(clip.session));
}

QImage storedMask(const QImage& painted, const video::ClipHeader& header)
{
    QImage mask = painted;
    if (header.rotationDegrees != 0) {
        mask = mask.transformed(QTransform().rotate(360 - header.rotationDegrees));
    }
    const QSize stored(header.width, header.height);
    return mask.size() == stored ? mask : mask.scaled(stored, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
}

QString freezeMask(const QString& clipPath, const QImage& mask)
{
    const QByteArray png = pngOf(mask);
    const std::filesystem::path path = clipFolder(clipPath) / ("mask-" + hashOf(png).toStdString() + ".png");
    if (!std::filesystem::exists(path)) {
        writeBytes(path, png);
    }
    return QString::fromStdString(base::pathText(path));
}

ClipStore::ClipStore(QObject* parent)
    : QObject(parent)
{
    pool_.setMaxThreadCount(1);
    soon_.setSingleShot(true);
    soon_.setInterval(kAutosaveMilliseconds);
    connect(&soon_, &QTimer::timeout, this, &ClipStore::saveNow);
}

ClipStore::~ClipStore()
{
    saveNow();
    pool_.waitForDone();
}

void ClipStore::load(const QString& clipPath, QObject* context, std::function<void(const StoredClip&)> done)
{
    if (waiting_ && waiting_->session.path == clipPath) {
        saveNow(); // reopened at once: the pool's order makes the load see it
    }
    inBackground(
        pool_, context, [clipPath] { return loadClip(clipPath); }, std::move(done),
        [this](const base::Error& error) { Q_EMIT saveFailed(error); });
}

void ClipStore::saveSoon(StoredClip clip)
{
    if (waiting_ && waiting_->session.path != clip.session.path) {
        saveNow();
    }
    waiting_ = std::move(clip);
    soon_.start();
}

void ClipStore::saveNow()
{
    soon_.stop();
    if (!waiting_) {
        return;
    }
    inBackground(
        pool_, this,
        [clip = *std::exchange(waiting_, std::nullopt)] {
            saveClip(clip);
            return true;
        },
        [this](bool) { Q_EMIT saved(); }, [this](const base::Error& error) { Q_EMIT saveFailed(error); });
}

void ClipStore::freeze(const QString& clipPath, const QImage& mask, QObject* context,
    std::function<void(const QString&)> done, std::function<void(const base::Error&)> failed)
{
    inBackground(
        pool_, context, [clipPath, mask] { return freezeMask(clipPath, mask); }, std::move(done), std::move(failed));
}

} // namespace reelmend::ui::session
