#pragma once
#include <QString>

#include <functional>

class QWidget;

namespace reelmend::desktop {

// Qt's own file dialogs, since the platform's do not follow the theme. They do not block; `chosen` is called with an
// absolute path, or not at all.
using Chosen = std::function<void(const QString& path)>;

void chooseClip(QWidget* window, const QString& folder, Chosen chosen);
void chooseFolder(QWidget* window, const QString& folder, Chosen chosen);
void chooseMask(QWidget* window, const QString& folder, Chosen chosen);
void chooseProgram(QWidget* window, const QString& title, Chosen chosen);
void chooseNewFile(
    QWidget* window, const QString& title, const QString& proposal, const QString& filter, Chosen chosen);

} // namespace reelmend::desktop
