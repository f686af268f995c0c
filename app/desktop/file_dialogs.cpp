#include "app/desktop/file_dialogs.h"

#include <QCoreApplication>
#include <QFileDialog>

namespace reelmend::desktop {

namespace {

struct FileDialogs {
    Q_DECLARE_TR_FUNCTIONS(reelmend::desktop::FileDialogs)
};

QFileDialog* makeDialog(QWidget* window, const QString& title, const QString& folder, Chosen chosen)
{
    auto* dialog = new QFileDialog(window, title, folder);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOption(QFileDialog::DontUseNativeDialog);
    dialog->setOption(QFileDialog::DontUseCustomDirectoryIcons);
    dialog->setMinimumSize(720, 460);
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
