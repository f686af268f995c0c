#pragma once
#include <QListView>
#include <QStyledItemDelegate>

#include "ui/session/job_list.h"
#include "ui/session/thumbnails.h"

namespace reelmend::ui::tasks {

// Paints a job as a row: picture, version, facts, and the button for what can be done with it.
class ResultDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    ResultDelegate(session::JobList& jobs, session::Thumbnails& thumbnails, QObject* parent);

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
        const QModelIndex& index) override;
    bool helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
        const QModelIndex& index) override;

    QString buttonText(const session::Job& job) const; // empty: nothing to do now
    QString facts(const session::Job& job) const;
    void setCompared(const QString& jobId) { compared_ = jobId; }

Q_SIGNALS:
    void pressed(const QModelIndex& index);

private:
    QRect buttonRect(const QStyleOptionViewItem& option, const QString& text) const;

    session::JobList& jobs_;
    session::Thumbnails& thumbnails_;
    QString compared_;           // says so instead of offering it
    QPersistentModelIndex held_; // the row whose button the mouse holds
};

// Every version of the clip, newest first. One tab stop: arrows choose, Enter does what the button says, the menu key
// and the right button offer the rest.
class ResultList : public QListView {
    Q_OBJECT

public:
    ResultList(session::JobList& jobs, session::Thumbnails& thumbnails, QWidget* parent = nullptr);

    void setCompared(const QString& jobId); // the version that is on screen
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    void compareRequested(const QString& jobId);
    void startAgainRequested(const QString& jobId);
    void showInFolderRequested(const QString& path);
    void removeRequested(const QString& jobId);

protected:
    void contextMenuEvent(QContextMenuEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void act(const QModelIndex& index);
    void openMenu(const QModelIndex& index, const QPoint& globalPosition);

    session::JobList& jobs_;
    session::Thumbnails& thumbnails_;
    ResultDelegate* delegate_;
};

} // namespace reelmend::ui::tasks
