#pragma once
#include <QObject>

namespace reelmend::ui::session {
struct EngineError;
}

namespace reelmend::desktop {

class Actions;
class EditorPage;
class EnhanceController;
class MainWindow;
class MaskFiles;
class Workbench;

// Connects what can be asked for (menus, keys, the task panel) with who does it, and what comes of it with where it
// is said.
class Commands : public QObject {
    Q_OBJECT

public:
    Commands(
        Workbench& workbench, Actions& actions, EditorPage& editor, EnhanceController& enhance, MainWindow& window);

    void openClip(); // asks which
    void openFolder();
    void findClip(const QString& lost);
    void refresh(); // which commands make sense now

private:
    void connectFile();
    void fillRecent();
    void connectView();
    void connectClip();
    void connectMask();
    void connectPanel();
    void connectEnhance();
    void previewOrToggle();
    void showPreviewState(); // in the panel
    void compareJob(const QString& jobId);
    void compareNewest();
    void chooseOutput();
    void showInFolder(const QString& path);
    void applyTheme();
    void tellRefusal(const ui::session::EngineError& error);

    Workbench& workbench_;
    Actions& actions_;
    EditorPage& editor_;
    EnhanceController& enhance_;
    MainWindow& window_;
    MaskFiles* maskFiles_;
};

} // namespace reelmend::desktop
