#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/jobs/enhance_request.h"
#include "core/jobs/finetune_request.h"
#include "core/jobs/job_lock.h"

namespace reelmend::jobs {

// A job on the disk (docs/protocol.md, "The job folder"). A value: it names the folder and holds nothing open.
class JobFolder {
public:
    static std::filesystem::path standardRoot(); // dataFolder()/jobs, made when absent

    // A new folder below `root` with the request in it; it appears whole. Paths in the request are made absolute.
    // Throws RequestError for a request that is not valid, Error(kOutput or kDiskFull).
    static JobFolder create(const std::filesystem::path& root, EnhanceRequest request);
    static JobFolder create(const std::filesystem::path& root, FineTuneRequest request);

    // Any folder with a request.json. Throws Error(kInput) when there is none.
    static JobFolder open(const std::filesystem::path& folder);
    // By id below `root`; an id that could leave the root is refused. Throws Error(kUsage) when there is no such job.
    static JobFolder find(const std::filesystem::path& root, std::string_view id);
    static std::vector<JobFolder> list(const std::filesystem::path& root); // newest first; strangers are passed over

    const std::filesystem::path& path() const { return path_; }
    std::string id() const;
    std::string createdText() const; // UTC, ISO 8601: from the id, else from request.json's time

    std::filesystem::path requestFile() const { return path_ / "request.json"; }
    std::filesystem::path lockFile() const { return path_ / "lock"; }
    std::filesystem::path eventFile() const { return path_ / "events.jsonl"; }
    std::filesystem::path controlFile() const { return path_ / "control.jsonl"; }
    std::filesystem::path segmentFolder() const { return path_ / "segments"; }
    std::filesystem::path previewFolder() const { return path_ / "previews"; }
    std::filesystem::path reportFile() const { return path_ / "report.json"; }
    std::filesystem::path logFile() const { return path_ / "log.txt"; }

    std::string kind() const; // "enhance" or "finetune"; throws Error(kInput) when request.json cannot be read
    // Throws Error(kInput) when the file cannot be read or is of a newer version, RequestError when its request is
    // wrong.
    EnhanceRequest enhanceRequest() const;
    FineTuneRequest fineTuneRequest() const;

    // The right to run the job or to remove it; none while another process has it.
    std::optional<JobLock> tryLock() const { return JobLock::tryAcquire(lockFile()); }
    bool isLocked() const { return JobLock::isHeld(lockFile()); }

    // Drops what control.jsonl says, so that a job that was cancelled can be started again.
    void forgetCommands(const JobLock& held) const;

    // Deletes the folder. Throws Error(kUsage) while somebody runs the job, Error(kOutput).
    void remove() const;
    void remove(const JobLock& held) const;

private:
    explicit JobFolder(std::filesystem::path path);
    static JobFolder createWith(const std::filesystem::path& root, const std::string& envelope);

    std::filesystem::path path_;
};

bool isJobId(std::string_view text); // YYYYMMDD-HHMMSS-xxxxxx

} // namespace reelmend::jobs
