#include <ATen/ATen.h>
#include <ATen/ThreadLocalState.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/chopgrad/cache_store.h"

namespace reelmend::chopgrad {

namespace {

// A file that has no name (any more): it goes when it is closed, also when the process dies.
int openNameless(const std::filesystem::path& folder)
{
    base::makeFolder(folder);
    const std::string text = base::pathText(folder);
    const int file = ::open(text.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) {
        return file;
    }
    std::string name = text + "/chopgrad-XXXXXX";
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named < 0) {
        throw base::systemError(base::ErrorKind::kOutput, "The caches cannot be kept on the disk.", errno,
            "Choose another folder for temporary files, or another store.");
    }
    ::unlink(name.c_str());
    return named;
}

struct StoredSlot {
    at::Tensor tensor; // while it waits to be written, and after it was read
    std::vector<std::int64_t> sizes, strides;
    at::TensorOptions options;
    std::int64_t bytes = 0, offset = 0;
};

enum class EntryState { kWaiting, kWritten, kFetching, kFetched };

struct Entry {
    bool atStart = false;
    std::vector<StoredSlot> slots;
    EntryState state = EntryState::kWaiting;
    bool isDropped = false;
};

// One worker does all reading and writing in the order asked for. At most one cache waits to be written and one is
// read ahead, so that the store never holds more than two.
class DiskStore final : public CacheKeeper {
public:
    explicit DiskStore(const std::filesystem::path& folder)
        : file_(openNameless(folder))
        , worker_([this] { work(); })
    {}

    ~DiskStore() override
    {
        {
            const std::lock_guard lock(mutex_);
            isEnding_ = true;
        }
        changed_.notify_all();
        worker_.join();
        ::close(file_);
    }

    void put(std::int64_t group, const models::CausalCache& cache) override
    {
        Entry entry;
        entry.atStart = cache.atStart;
        std::int64_t bytes = 0;
        for (const auto& slot : cache.slots) {
            StoredSlot stored;
            if (slot.defined()) {
                stored.tensor = dense(slot.detach());
                stored.sizes = stored.tensor.sizes().vec();
                stored.strides = stored.tensor.strides().vec();
                stored.options = slot.options();
                stored.bytes = static_cast<std::int64_t>(stored.tensor.nbytes());
                stored.offset = bytes;
                bytes += stored.bytes;
            }
            entry.slots.push_back(std::move(stored));
        }
        std::unique_lock lock(mutex_);
        wait(lock, [this] { return waiting_ < 0; });
        const std::int64_t place = takePlace(bytes);
        for (auto& slot : entry.slots) {
            slot.offset += place;
        }
        entries_[group] = std::move(entry);
        waiting_ = group;
        lock.unlock();
        changed_.notify_all();
    }

    void prefetch(std::int64_t group) override
    {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(group);
        if (found != entries_.end() && found->second.state == EntryState::kWritten && fetching_ < 0) {
            found->second.state = EntryState::kFetching;
            fetching_ = group;
            changed_.notify_all();
        }
    }

    models::CausalCache get(std::int64_t group) override
    {
        std::unique_lock lock(mutex_);
        Entry& entry = entries_.at(group);
        if (entry.state == EntryState::kWritten) {
            wait(lock, [this] { return fetching_ < 0; });
            entry.state = EntryState::kFetching;
            fetching_ = group;
            changed_.notify_all();
        }
        wait(lock, [&] { return entry.state != EntryState::kFetching; });
        models::CausalCache cache;
        cache.atStart = entry.atStart;
        const bool isFetched = entry.state == EntryState::kFetched; // else it still waits to be written
        for (auto& slot : entry.slots) {
            const at::Tensor tensor = isFetched ? std::exchange(slot.tensor, at::Tensor()) : slot.tensor;
            cache.slots.push_back(tensor.defined() ? tensor.to(slot.options.device()) : at::Tensor());
        }
        if (isFetched) {
            entry.state = EntryState::kWritten;
        }
        return cache;
    }

    void drop(std::int64_t group) override
    {
        std::unique_lock lock(mutex_);
        const auto found = entries_.find(group);
        if (found == entries_.end()) {
            return;
        }
        wait(lock, [&] { return waiting_ != group && fetching_ != group; });
        std::int64_t bytes = 0, place = -1;
        for (const auto& slot : found->second.slots) {
            place = place < 0 && slot.bytes > 0 ? slot.offset : place;
            bytes += slot.bytes;
        }
        if (bytes > 0) {
            free_.emplace(bytes, place);
        }
        entries_.erase(found);
    }

    Held held() const override
    {
        const std::lock_guard lock(mutex_);
        Held held;
        held.caches = static_cast<std::int64_t>(entries_.size());
        for (const auto& [group, entry] : entries_) {
            for (const auto& slot : entry.slots) {
                held.disk += slot.bytes;
                held.host += slot.tensor.defined() ? slot.bytes : 0;
            }
        }
        return held;
    }

private:
    // Dense in memory in any order of axes, so that its bytes are one run.
    static at::Tensor dense(const at::Tensor& slot)
    {
        return slot.is_non_overlapping_and_dense() ? slot.to(at::kCPU) : slot.contiguous().to(at::kCPU);
    }

    template <class Condition> void wait(std::unique_lock<std::mutex>& lock, const Condition& condition)
    {
        changed_.wait(lock, [&] { return failure_ || condition(); });
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

    std::int64_t takePlace(std::int64_t bytes)
    {
        const auto reused = free_.lower_bound(bytes);
        if (reused != free_.end() && reused->first == bytes) {
            const std::int64_t place = reused->second;
            free_.erase(reused);
            return place;
        }
        const std::int64_t place = end_;
        end_ += bytes;
        return place;
    }

    void work()
    {
        // What this thread allocates and frees counts where the store was made (see tensor::MemoryTracker).
        const at::ThreadLocalStateGuard guard(maker_);
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return isEnding_ || waiting_ >= 0 || fetching_ >= 0; });
            if (isEnding_) {
                return;
            }
            const bool isFetch = fetching_ >= 0;
            Entry& entry = entries_.at(isFetch ? fetching_ : waiting_);
            lock.unlock();
            std::exception_ptr failure;
            try {
                for (auto& slot : entry.slots) {
                    isFetch ? readSlot(slot) : writeSlot(slot);
                }
            } catch (...) {
                failure = std::current_exception();
            }
            lock.lock();
            failure_ = failure ? failure : failure_;
            if (!isFetch) {
                for (auto& slot : entry.slots) {
                    slot.tensor = at::Tensor();
                }
            }
            entry.state = isFetch ? EntryState::kFetched : EntryState::kWritten;
            (isFetch ? fetching_ : waiting_) = -1;
            changed_.notify_all();
        }
    }

    void writeSlot(const StoredSlot& slot) const
    {
        const char* data = slot.bytes > 0 ? static_cast<const char*>(slot.tensor.const_data_ptr()) : nullptr;
        for (std::int64_t done = 0; done < slot.bytes;) {
            const ssize_t count =
                ::pwrite(file_, data + done, static_cast<std::size_t>(slot.bytes - done), slot.offset + done);
            if (count < 0 && errno != EINTR) {
                throw base::systemError(base::ErrorKind::kOutput, "The caches cannot be kept on the disk.", errno,
                    "Free space, choose another folder for temporary files, or another store.");
            }
            done += count > 0 ? count : 0;
        }
    }

    void readSlot(StoredSlot& slot) const
    {
        if (slot.bytes == 0 && slot.sizes.empty()) {
            return;
        }
        at::Tensor tensor = at::empty_strided(slot.sizes, slot.strides, slot.options.device(at::kCPU));
        char* data = static_cast<char*>(tensor.data_ptr());
        for (std::int64_t done = 0; done < slot.bytes;) {
            const ssize_t count =
                ::pread(file_, data + done, static_cast<std::size_t>(slot.bytes - done), slot.offset + done);
            if (count == 0 || (count < 0 && errno != EINTR)) {
                throw base::systemError(base::ErrorKind::kInput, "The caches cannot be read back from the disk.",
                    count == 0 ? EIO : errno);
            }
            done += count > 0 ? count : 0;
        }
        slot.tensor = std::move(tensor);
    }

    int file_;
    at::ThreadLocalState maker_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::int64_t, Entry> entries_;
    std::multimap<std::int64_t, std::int64_t> free_; // bytes -> place of dropped entries
    std::int64_t end_ = 0;
    std::int64_t waiting_ = -1, fetching_ = -1;
    std::exception_ptr failure_;
    bool isEnding_ = false;
    std::thread worker_;
};

} // namespace

std::unique_ptr<CacheKeeper> makeDiskStore(const std::filesystem::path& folder)
{
    return std::make_unique<DiskStore>(folder);
}

} // namespace reelmend::chopgrad
