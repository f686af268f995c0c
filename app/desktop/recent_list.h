#pragma once
#include <QAbstractListModel>
#include <QListView>
#include <QStyledItemDelegate>

#include "ui/session/recent_files.h"
#include "ui/session/thumbnails.h"

namespace reelmend::desktop {

// The clips of RecentFiles as a model; text, accessible text and path.
class RecentModel : public QAbstractListModel {
    Q_OBJECT

public:
    RecentModel(ui::session::RecentFiles& recent, ui::session::Thumbnails& thumbnails, QObject* parent);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    const ui::session::RecentFile& file(int row) const;
    bool isMissing(int row) const;

private:
    ui::session::RecentFiles& recent_;
    ui::session::Thumbnails& thumbnails_;
};

// Recent clips with picture, facts and day. A click or Enter opens; a clip that is not there is looked for instead.
class RecentList : public QListView {
    Q_OBJECT

public:
    RecentList(ui::session::RecentFiles& recent, ui::session::Thumbnails& thumbnails, QWidget* parent = nullptr);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {240, 60}; }

Q_SIGNALS:
    void openRequested(const QString& path);
    void findRequested(const QString& path);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void act(const QModelIndex& index);

    ui::session::RecentFiles& recent_;
    RecentModel* model_;
};

} // namespace reelmend::desktop
