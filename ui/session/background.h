#pragma once
#include <QFutureWatcher>
#include <QPromise>
#include <QThreadPool>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/control.h"
#include "core/base/error.h"

namespace reelmend::ui::session {

// What a background task came to: a value, a failure, or (monostate) nothing because it was cancelled.
template <class T> using Outcome = std::variant<std::monostate, T, base::Error>;

// Calls `work` and turns what it throws into a value: the one place in ui where exceptions end.
template <class Work> auto guarded(Work& work) -> Outcome<std::invoke_result_t<Work&>>
{
    try {
        return work();
    } catch (const base::Error& error) {
        return error;
    } catch (const base::Cancelled&) {
        return std::monostate();
    } catch (const std::exception& error) {
        return base::Error(base::ErrorKind::kFailed, "Something in the program failed.", error.what());
    }
}

// Runs `work()` on a thread of `pool`, then `done(value)` or `failed(error)` in the thread of `context`; neither when
// the work was cancelled or `context` is gone by then. `work` must own all it touches.
template <class Work, class Done, class Failed>
void inBackground(QThreadPool& pool, QObject* context, Work work, Done done, Failed failed)
{
    using Value = std::invoke_result_t<Work&>;
    using Watcher = QFutureWatcher<std::shared_ptr<Outcome<Value>>>;
    auto promise = std::make_shared<QPromise<std::shared_ptr<Outcome<Value>>>>();
    auto* watcher = new Watcher(context);
    QObject::connect(watcher, &Watcher::finished, context, [watcher, done, failed]() mutable {
        watcher->deleteLater();
        if (watcher->future().resultCount() == 0) {
            return;
        }
        const auto outcome = watcher->result();
        if (auto* value = std::get_if<Value>(outcome.get())) {
            done(std::move(*value));
        } else if (auto* error = std::get_if<base::Error>(outcome.get())) {
            failed(*error);
        }
    });
    watcher->setFuture(promise->future());
    pool.start([promise, work = std::move(work)]() mutable {
        promise->start();
        promise->addResult(std::make_shared<Outcome<Value>>(guarded(work)));
        promise->finish();
    });
}

} // namespace reelmend::ui::session
