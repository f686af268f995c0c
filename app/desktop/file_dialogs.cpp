#include "app/desktop/file_dialogs.h"

#include <QAbstractFileIconProvider>
#include <QCoreApplication>
#include <QFileDialog>
#include <QHeaderView>
#include <QTreeView>

#include "ui/style/icons.h"

namespace reelmend::desktop {

namespace {

struct FileDialogs {
    Q_DECLARE_TR_FUNCTIONS(reelmend::desktop::FileDialogs)
};

// The theme's icons: the platform's are for another ground.
class ThemedIcons : public QAbstractFileIconProvider {
public:
    QIcon icon(IconType type) const override
    {
        switch (type) {
        case Folder:
            return ui::style::icon(u"folder");
        case Computer:
        case Desktop:
            return ui::style::icon(u"pc-display");
        case Drive:
        case Network:
            return ui::style::icon(u"device-ssd");
        default:
            return ui::style::icon(u"file-earmark-play");
        }
    }
    QIcon icon(const QFileInfo& file) const override { return icon(file.isDir() ? Folder : File); }
};

QFileDialog* makeDialog(QWidget* window, const QString& title, const QString& folder, Chosen chosen)
{
    auto* dialog = new QFileDialog(window, title, folder);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOption(QFileDialog::DontUseNativeDialog);
    dialog->setOption(QFileDialog::DontUseCustomDirectoryIcons);
    dialog->setOption(QFileDialog::HideNameFilterDetails);
    auto* icons = new ThemedIcons;
    dialog->setIconProvider(icons);
    QObject::connect(dialog, &QObject::destroyed, window, [icons] { delete icons; });
    dialog->resize(800, 520);
    if (const auto* files = dialog->findChild<QTreeView*>()) { // names get the room
        files->header()->setStretchLastSection(false);
        files->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
        files->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    }
    QObject::connect(dialog, &QFileDialog::fileSelected, window, std::move(chosen));
    return dialog;
}

} // namespace

void chooseClip(QWidget* window, const QString& folder, Chosen chosen)
{
    QFileDialog* dialog = makeDialog(window, FileDialogs::tr("Open a clip"), folder, std::move(chosen));
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({FileDialogs::tr("Clips and pictures (*.mp4 *.m4v *.mov *.mkv *.webm *.avi *.wmv *.mpg "
                                            "*.mpeg *.mxf *.ts *.png *.jpg *.jpeg *.tif *.tiff *.exr *.dpx *.bmp)"),
        FileDialogs::tr("All files (*)")});
    dialog->open();
}

void chooseFolder(QWidget* window, const QString& folder, Chosen chosen)
{
    QFileDialog* dialog =
        makeDialog(window, FileDialogs::tr("Open a folder of numbered pictures"), folder, std::move(chosen));
    dialog->setFileMode(QFileDialog::Directory);
    dialog->open();
}

void chooseMask(QWidget* window, const QString& folder, Chosen chosen)
{
    QFileDialog* dialog = makeDialog(window, FileDialogs::tr("Load a mask"), folder, std::move(chosen));
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->setNameFilters({FileDialogs::tr("Pictures and clips (*.png *.jpg *.jpeg *.tif *.tiff *.bmp *.exr *.mp4 "
                                            "*.mov *.mkv *.webm *.avi)"),
        FileDialogs::tr("All files (*)")});
    dialog->open();
}

void chooseProgram(QWidget* window, const QString& title, Chosen chosen)
{
    QFileDialog* dialog = makeDialog(window, title, QCoreApplication::applicationDirPath(), std::move(chosen));
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->open();
}

void chooseNewFile(
    QWidget* window, const QString& title, const QString& proposal, const QString& filter, Chosen chosen)
{
    QFileDialog* dialog = makeDialog(window, title, proposal, std::move(chosen));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilter(filter);
    dialog->selectFile(proposal);
    dialog->open();
}

} // namespace reelmend::desktop
