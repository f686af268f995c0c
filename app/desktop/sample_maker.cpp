#include "app/desktop/sample_maker.h"

#include <QDir>
#include <QFileInfo>

#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "ui/session/json_fields.h"
#include "ui/tasks/words.h"

namespace reelmend::desktop {

SampleMaker::SampleMaker(std::function<QString()> findProgram, QObject* parent)
    : QObject(parent)
    , findProgram_(std::move(findProgram))
{}

SampleMaker::~SampleMaker()
{
    for (QProcess* process : findChildren<QProcess*>()) { // a cancelled one may still be clearing up
        process->disconnect();
        process->terminate();
        process->waitForFinished(500);
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
    progress_ = {};
    problem_.clear();
    process_ = new QProcess(this);
    connect(process_, &QProcess::readyReadStandardOutput, this, &SampleMaker::readLines);
    connect(process_, &QProcess::finished, this, [this, path](int code, QProcess::ExitStatus status) {
        end(path, code == 0 && status == QProcess::NormalExit);
    });
    connect(process_, &QProcess::errorOccurred, this, [this, path](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) {
            end(path, false);
        }
    });
    process_->start(program, {QStringLiteral("sample"), QStringLiteral("--json"), QStringLiteral("-o"), path});
    Q_EMIT changed();
}

void SampleMaker::cancel()
{
    if (QProcess* process = std::exchange(process_, nullptr)) {
        process->disconnect();
        connect(process, &QProcess::finished, process, &QObject::deleteLater);
        process->terminate();
        Q_EMIT changed();
    }
}

void SampleMaker::readLines()
{
    while (process_->canReadLine()) {
        const nlohmann::json line = nlohmann::json::parse(process_->readLine().toStdString(), nullptr, false);
        if (!line.is_object()) {
            continue;
        }
        if (const auto event = jobs::eventFromJson(line)) {
            if (const auto* progress = std::get_if<jobs::ProgressEvent>(&event->what)) {
                progress_ = *progress;
                Q_EMIT changed();
            }
        } else if (const auto error = line.find("error"); error != line.end() && error->is_object()) {
            const auto text = [&error](
                                  const char* field) { return ui::session::textOf(*error, field).toStdString(); };
            const auto message = ui::tasks::Words::error(
                base::Error(base::kindFromName(text("kind")), text("what"), text("why"), text("hint")));
            problem_ = message.title + u' ' + message.details;
        }
    }
}

void SampleMaker::end(const QString& path, bool isMade)
{
    readLines();
    QString why = problem_;
    if (why.isEmpty()) {
        why = QString::fromUtf8(process_->readAllStandardError()).trimmed().section(u'\n', -1);
    }
    process_->disconnect(this);
    process_->deleteLater();
    process_ = nullptr;
    Q_EMIT changed();
    if (isMade && QFileInfo::exists(path)) {
        Q_EMIT ready(path);
    } else {
        Q_EMIT failed(why);
    }
}

} // namespace reelmend::desktop
