#pragma once
#include <QMainWindow>

#include <string>
#include <vector>

class QStackedWidget;

namespace reelmend::desktop {

class Actions;
class Commands;
class EditorPage;
class EnhanceController;
class SampleMaker;
class StartPage;
class StatusLine;
class Workbench;

// Puts the parts together: top row, the start page or the editor, status line. What they do is theirs.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(Workbench& workbench);
    ~MainWindow() override;

    EditorPage& editor() { return *editor_; }
    void jumpToPanel(int direction); // F6

protected:
    void closeEvent(QCloseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void connectPages();
    void showPage();
    void showRemarks(const std::vector<std::string>& remarks);
    void showEngine();
    void tellOpenFailed(const QString& title, const QString& details);
    void openDropped(const QList<QUrl>& files);

    Workbench& workbench_;
    Actions* actions_;
    EnhanceController* enhance_;
    SampleMaker* sample_;
    QStackedWidget* pages_;
    StartPage* start_;
    EditorPage* editor_;
    StatusLine* status_;
    Commands* commands_;
    bool isEngineTold_ = false;
};

} // namespace reelmend::desktop
