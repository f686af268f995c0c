#pragma once
#include <QList>
#include <QUrl>
#include <QWidget>

class QPushButton;

namespace reelmend::ui::style {
class MessageBar;
class TextLabel;
} // namespace reelmend::ui::style

namespace reelmend::desktop {

class DropArea;
class SampleMaker;
class Workbench;

// What is shown without a clip: a place to drop one, the sample, recent clips, and what this machine has.
class StartPage : public QWidget {
    Q_OBJECT

public:
    StartPage(Workbench& workbench, SampleMaker& sample, QWidget* parent = nullptr);

    void showProblem(const QString& title, const QString& details);
    void showEngineProblem(const QString& title, const QString& details); // with the way to try again
    void clearProblem();

Q_SIGNALS:
    void openRequested();
    void openFolderRequested();
    void pathChosen(const QString& path);
    void findRequested(const QString& path);
    void filesDropped(const QList<QUrl>& files);
    void keyboardRequested();
    void chooseEngineRequested();

protected:
    void hideEvent(QHideEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeRecent();
    QWidget* makeFacts();
    void showRecent();
    void clearRecent();
    void showEngine();

    Workbench& workbench_;
    ui::style::MessageBar* problem_;
    ui::style::MessageBar* cleared_; // the recent clips, until the page is left
    DropArea* drop_;
    QWidget* recent_;
    QPushButton* clear_;
    QWidget* engineIcon_ = nullptr;
    ui::style::TextLabel* engineTitle_;
    ui::style::TextLabel* engineFacts_;
    ui::style::TextLabel* modelFacts_;
    QWidget* content_;
};

} // namespace reelmend::desktop
