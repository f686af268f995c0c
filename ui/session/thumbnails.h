#pragma once
#include <QCache>
#include <QImage>
#include <QObject>
#include <QSet>
#include <QThreadPool>

#include <functional>
#include <memory>

#include "core/base/control.h"

namespace reelmend::ui::session {

// Small pictures of clips and results, read on a thread of their own, kept in memory and on the disk. UI thread.
class Thumbnails : public QObject {
    Q_OBJECT

public:
    // Reads a picture from the middle of a clip, at most `size` large; throws base::Error. On the worker's thread.
    using Reader = std::function<QImage(const QString& path, QSize size, const base::Control& control)>;
    static constexpr QSize kSize{160, 160}; // device pixels of the longest side: sharp at 2x in every list

    explicit Thumbnails(Reader reader, QObject* parent = nullptr);
    ~Thumbnails() override;

    // The picture, or a null one when it is not there yet (ready() follows) or cannot be had.
    QImage picture(const QString& path);
    bool isMissing(const QString& path) const { return missing_.contains(path); } // the file was not there
    void forget(const QString& path);                                             // it may be there again

Q_SIGNALS:
    void ready(const QString& path);

private:
    struct Found {
        QImage picture;
        bool isMissing = false;
    };
    static Found find(const Reader& reader, const QString& path, const base::Control& control);
    void take(const QString& path, const Found& found);

    Reader reader_;
    QThreadPool pool_;
    std::shared_ptr<base::Control> control_;
    QCache<QString, QImage> pictures_;
    QSet<QString> asked_, missing_;
};

} // namespace reelmend::ui::session
