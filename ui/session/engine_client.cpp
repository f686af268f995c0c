#include "ui/session/engine_client.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

#include "ui/session/json_fields.h"

namespace reelmend::ui::session {

using Json = nlohmann::json;

namespace {

constexpr int kProtocol = 1;
constexpr qsizetype kLongestLine = 16 << 20; // a greeting or list is a few kB: more is not our protocol
constexpr qsizetype kErrorTail = 4096;

QStringList listOf(const Json& object, const char* field)
{
    QStringList list;
    const auto found = object.find(field);
    if (found != object.end() && found->is_array()) {
        for (const Json& item : *found) {
            if (item.is_string()) {
                list.append(QString::fromStdString(item.get<std::string>()));
            }
        }
    }
    return list;
}

QMap<QString, QStringList> listsOf(const Json& object, const char* field)
{
    QMap<QString, QStringList> lists;
    const auto found = object.find(field);
    if (found != object.end() && found->is_object()) {
        for (const auto& [name, list] : found->items()) {
            lists.insert(QString::fromStdString(name), listOf(*found, name.c_str()));
        }
    }
    return lists;
}

EngineError errorOf(const Json& error)
{
    EngineError result;
    result.kind = base::kindFromName(textOf(error, "kind").toStdString());
    result.what = textOf(error, "what");
    result.why = textOf(error, "why");
    result.hint = textOf(error, "hint");
    const auto problems = error.find("problems");
    if (problems != error.end() && problems->is_array()) {
        for (const Json& problem : *problems) {
            if (problem.is_object()) {
                result.problems.push_back(
                    {textOf(problem, "field").toStdString(), textOf(problem, "reason").toStdString()});
            }
        }
    }
    return result;
}

} // namespace

bool EngineFacts::canDo(const QString& model, jobs::Task task) const
{
    const std::string_view name = jobs::taskName(task);
    const auto found = modelTasks.find(model);
    return found == modelTasks.end() ||
           found->contains(QLatin1String(name.data(), static_cast<qsizetype>(name.size())));
}

QString EngineFacts::modelFor(const QString& chosen, jobs::Task task) const
{
    if (chosen != u"auto" && canDo(chosen, task)) {
        return chosen;
    }
    for (const QString& model : models) {
        if (canDo(model, task)) {
            return model;
        }
    }
    return chosen;
}

EngineClient::EngineClient(Options options, QObject* parent)
    : QObject(parent)
    , options_(std::move(options))
{
    again_.setSingleShot(true);
    patience_.setSingleShot(true);
    connect(&again_, &QTimer::timeout, this, &EngineClient::launch);
    connect(&patience_, &QTimer::timeout, this, [this] {
        detail_ = tr("It did not answer within %1 s.").arg(options_.patience.count() / 1000);
        letGo();
        lost();
    });
}

EngineClient::~EngineClient()
{
    pending_.clear();
    letGo();
}

// The server ends with its standard input; jobs go on without it.
void EngineClient::letGo()
{
    if (process_ == nullptr) {
        return;
    }
    QProcess* process = std::exchange(process_, nullptr);
    process->disconnect(this);
    process->closeWriteChannel();
    if (process->state() != QProcess::NotRunning && !process->waitForFinished(300)) {
        process->kill();
        process->waitForFinished(300);
    }
    process->deleteLater();
}

void EngineClient::start()
{
    if (state_ == State::kOff) {
        launch();
    }
}

void EngineClient::tryAgain()
{
    if (state_ == State::kStarting || state_ == State::kReady) {
        return;
    }
    deaths_ = 0;
    again_.stop();
    launch();
}

void EngineClient::launch()
{
    letGo();
    buffer_.clear();
    errorTail_.clear();
    program_ = options_.findProgram ? options_.findProgram() : QString();
    if (program_.isEmpty()) {
        detail_ = tr("reelmend-cli is not beside the program.");
        setState(State::kMissing);
        return;
    }
    process_ = new QProcess(this);
    connect(process_, &QProcess::readyReadStandardOutput, this, &EngineClient::readLines);
    connect(process_, &QProcess::readyReadStandardError, this, [this] {
        errorTail_ += process_->readAllStandardError();
        errorTail_ = errorTail_.right(kErrorTail);
    });
    connect(process_, &QProcess::finished, this, &EngineClient::onFinished);
    connect(process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) {
            onFailedToStart();
        }
    });
    setState(State::kStarting);
    patience_.start(options_.patience);
    process_->start(program_, {QStringLiteral("serve")});
}

void EngineClient::onFailedToStart()
{
    patience_.stop();
    detail_ = tr("%1 cannot be run: %2").arg(QDir::toNativeSeparators(program_), process_->errorString());
    process_->disconnect(this);
    process_->deleteLater();
    process_ = nullptr;
    refuseAll();
    setState(State::kMissing);
}

void EngineClient::onFinished()
{
    readLines();
    if (process_ == nullptr) { // the last line was a greeting of another protocol
        return;
    }
    const QString printed = QString::fromUtf8(errorTail_).trimmed();
    detail_ = process_->exitStatus() == QProcess::CrashExit ? tr("Its process was killed or crashed.")
                                                            : tr("Its process ended (%1).").arg(process_->exitCode());
    if (!printed.isEmpty()) {
        detail_ += u'\n' + printed;
    }
    process_->disconnect(this);
    process_->deleteLater();
    process_ = nullptr;
    lost();
}

// The process is gone: every call that waits is refused, and after a pause another one is started.
void EngineClient::lost()
{
    patience_.stop();
    if (ready_.isValid() && ready_.hasExpired(options_.proven.count())) {
        deaths_ = 0;
    }
    ready_.invalidate();
    const bool mayTry = deaths_ < options_.pauses.size();
    setState(mayTry ? State::kRestarting : State::kDied);
    if (mayTry) {
        again_.start(options_.pauses[deaths_++]);
    }
    refuseAll();
}

void EngineClient::refuseAll()
{
    const auto pending = std::exchange(pending_, {});
    for (const auto& [id, waiting] : pending) {
        if (waiting.context) {
            waiting.refused({base::ErrorKind::kUnavailable, tr("The engine stopped before it answered."), {},
                tr("Try again when it is ready."), {}});
        }
    }
}

void EngineClient::setState(State state)
{
    if (state_ != state) {
        state_ = state;
        Q_EMIT stateChanged();
    }
}

QString EngineClient::stateWord() const
{
    switch (state_) {
    case State::kOff:
    case State::kStarting:
        return tr("Engine starting");
    case State::kReady:
        return tr("Engine ready");
    case State::kRestarting:
        return tr("Engine restarting");
    case State::kMissing:
        return tr("Engine missing");
    case State::kDied:
        return tr("Engine stopped");
    }
    return {};
}

QString EngineClient::stateSentence() const
{
    switch (state_) {
    case State::kMissing:
        return tr("The engine was not found. Clips can be looked at and masks painted, but not enhanced.");
    case State::kDied:
        return tr("The engine stopped. Your masks and settings are safe; jobs that run go on.");
    case State::kRestarting:
        return tr("The engine stopped and is started again.");
    default:
        return {};
    }
}

QString EngineClient::stateDetail() const
{
    return detail_;
}

void EngineClient::call(
    const char* name, const nlohmann::json& parameters, QObject* context, Result done, Refusal refused)
{
    if (!isReady()) {
        const EngineError error{base::ErrorKind::kUnavailable,
            state_ == State::kMissing ? tr("The engine is missing.") : tr("The engine is not ready."), detail_,
            tr("Try again when it is ready."), {}};
        QMetaObject::invokeMethod(
            context, [refused, error] { refused(error); }, Qt::QueuedConnection);
        return;
    }
    const int id = nextId_++;
    pending_[id] = {context, std::move(done), std::move(refused)};
    Json message = parameters.is_object() ? parameters : Json::object();
    message["id"] = id;
    message["call"] = name;
    // File names may hold bytes that are not UTF-8: replaced, never thrown about.
    const std::string line = message.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
    process_->write(line.data(), static_cast<qint64>(line.size()));
}

void EngineClient::readLines()
{
    if (process_ == nullptr) {
        return;
    }
    buffer_ += process_->readAllStandardOutput();
    qsizetype start = 0;
    for (qsizetype end = buffer_.indexOf('\n'); end >= 0; end = buffer_.indexOf('\n', start)) {
        takeMessage(buffer_.mid(start, end - start));
        if (process_ == nullptr) { // a greeting that was refused, or a slot that started afresh
            return;
        }
        start = end + 1;
    }
    buffer_.remove(0, start);
    if (buffer_.size() > kLongestLine) {
        detail_ = tr("It printed something that is not its protocol.");
        letGo();
        lost();
    }
}

void EngineClient::takeMessage(const QByteArray& line)
{
    const Json message = Json::parse(line.begin(), line.end(), nullptr, false);
    if (!message.is_object()) {
        return; // torn or foreign: the next line may be good
    }
    const QString type = textOf(message, "type");
    if (type == u"hello") {
        takeGreeting(message);
    } else if (type == u"reply") {
        takeReply(message);
    } else if (type == u"event") {
        const auto event = message.find("event");
        if (event != message.end()) {
            if (const auto parsed = jobs::eventFromJson(*event)) {
                Q_EMIT jobEvent(textOf(message, "job"), *parsed);
            }
        }
    } else if (type == u"interrupted") {
        Q_EMIT jobInterrupted(textOf(message, "job"));
    }
}

void EngineClient::takeGreeting(const Json& message)
{
    patience_.stop();
    const auto protocol = message.find("protocol");
    if (protocol == message.end() || !protocol->is_number_integer() || protocol->get<int>() != kProtocol) {
        detail_ = tr("%1 belongs to another version of the program.").arg(QDir::toNativeSeparators(program_));
        letGo();
        setState(State::kMissing);
        return;
    }
    const auto capabilities = message.find("capabilities");
    const Json& can = capabilities != message.end() && capabilities->is_object() ? *capabilities : message;
    facts_ = {textOf(message, "version"), listOf(can, "tasks"), listOf(can, "models"), textOf(can, "device"),
        listsOf(can, "model_tasks"), {}};
    const QMap<QString, QStringList> dials = listsOf(can, "dials");
    for (auto entry = dials.begin(); entry != dials.end(); ++entry) {
        if (entry->contains(QStringLiteral("detail"))) {
            facts_.withDetail.append(entry.key());
        }
    }
    detail_.clear();
    ready_.start();
    setState(State::kReady);
}

void EngineClient::takeReply(const Json& message)
{
    const auto id = message.find("id");
    if (id == message.end() || !id->is_number_integer()) {
        return;
    }
    const auto found = pending_.find(id->get<int>());
    if (found == pending_.end()) {
        return;
    }
    const Pending waiting = std::move(found->second);
    pending_.erase(found);
    if (!waiting.context) {
        return;
    }
    const auto error = message.find("error");
    if (error != message.end()) {
        waiting.refused(errorOf(*error));
        return;
    }
    const auto result = message.find("result");
    waiting.done(result != message.end() && result->is_object() ? *result : Json::object());
}

QString findEngineProgram(const QString& setting)
{
    const QString name = QStringLiteral("reelmend-cli");
    const QDir here(QCoreApplication::applicationDirPath());
    const QStringList places{setting, qEnvironmentVariable("REELMEND_CLI"), here.filePath(name),
        here.filePath(QStringLiteral("../cli/") + name), QStandardPaths::findExecutable(name)};
    for (const QString& place : places) {
        const QFileInfo file(place);
        if (!place.isEmpty() && file.isFile() && file.isExecutable()) {
            return QDir::cleanPath(file.absoluteFilePath());
        }
    }
    return {};
}

} // namespace reelmend::ui::session
