#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/jobs/enhance_request.h"
#include "core/jobs/event.h"
#include "core/jobs/finetune_request.h"

namespace reelmend::jobs {

// What is kept about a run when it has ended: enough to do it again and to compare machines.
struct Report {
    EnhanceRequest request;
    std::optional<FineTuneRequest> fineTune; // of a training; frames are then steps
    JobState outcome = JobState::kFinished;  // finished, cancelled or failed
    std::string programVersion;
    std::string machine;         // processor and system, one line
    std::string started, ended;  // UTC
    double seconds = 0;          // of this run
    std::int64_t frames = 0;     // in the result
    std::int64_t framesMade = 0; // by this run; the others were finished before
    std::string result;          // path; empty when there is none
    std::optional<FailureEvent> failure;

    // Throws Error(kOutput or kDiskFull).
    void write(const std::filesystem::path& file) const;
};

std::string processorText(); // "AMD EPYC 9B14"
std::string machineText();   // "AMD EPYC 9B14, 2 cores, 24.9 GB, Linux 6.1"

} // namespace reelmend::jobs
