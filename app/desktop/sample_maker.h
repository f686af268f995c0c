#pragma once
#include <QObject>
#include <QProcess>
#include <QString>

#include <functional>

namespace reelmend::desktop {

// The clip that the program makes itself to be tried on (`reelmend-cli sample`), made once and kept in the data
// folder. UI thread.
class SampleMaker : public QObject {
    Q_OBJECT

public:
    explicit SampleMaker(std::function<QString()> findProgram, QObject* parent = nullptr);
    ~SampleMaker() override;

    void make(); // ready() at once when it is there already
    bool isMaking() const { return process_ != nullptr; }
    static QString file();

Q_SIGNALS:
    void changed(); // isMaking()
    void ready(const QString& path);
    void failed(const QString& why);

private:
    std::function<QString()> findProgram_;
    QProcess* process_ = nullptr;
};

} // namespace reelmend::desktop
