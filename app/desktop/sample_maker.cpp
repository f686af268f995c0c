#include "app/desktop/sample_maker.h"

#include <QDir>
#include <QFileInfo>

#include "core/base/error.h"
#include "core/base/files.h"

namespace reelmend::desktop {

SampleMaker::SampleMaker(std::function<QString()> findProgram, QObject* parent)
    : QObject(parent)
    , findProgram_(std::move(findProgram))
{}

SampleMaker::~SampleMaker()
{
    if (process_ != nullptr) {
        process_->disconnect(this);
        process_->terminate();
        process_->waitForFinished(500);
    }
}

QString SampleMaker::file()
{
    return QString::fromStdString(base::pathText(base::dataFolder() / "sample" / "sample.mp4"));
}

void SampleMaker::make()
{
    if (isMaking()) {
        return;
    }
    QString path;
    try {
        path = file();
        base::makeFolder(base::pathFromText(path.toStdString()).parent_path());
    } catch (const base::Error& error) {
        Q_EMIT failed(QString::fromUtf8(error.what()));
        return;
    }
    if (QFileInfo::exists(path)) {
        Q_EMIT ready(path);
        return;
    }
    const QString program = findProgram_();
    if (program.isEmpty()) {
        Q_EMIT failed(tr("reelmend-cli, which makes it, was not found."));
        return;
    }
    process_ = new QProcess(this);
    const auto end = [this, path](bool isMade) {
        const QString printed = QString::fromUtf8(process_->readAllStandardError()).trimmed();
        process_->disconnect(this);
        process_->deleteLater();
        process_ = nullptr;
        Q_EMIT changed();
        if (isMade && QFileInfo::exists(path)) {
            Q_EMIT ready(path);
        } else {
            Q_EMIT failed(printed.section(u'\n', -1));
        }
    };
    connect(process_, &QProcess::finished, this,
        [end](int code, QProcess::ExitStatus status) { end(code == 0 && status == QProcess::NormalExit); });
    connect(process_, &QProcess::errorOccurred, this, [end](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) {
            end(false);
        }
    });
    process_->start(program, {QStringLiteral("sample"), QStringLiteral("-o"), path});
    Q_EMIT changed();
}

} // namespace reelmend::desktop
