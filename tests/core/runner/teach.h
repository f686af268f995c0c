#pragma once
#include <doctest/doctest.h>

#include <string>
#include <variant>

#include "core/base/error.h"
#include "core/jobs/job_summary.h"
#include "core/runner/finetune_run.h"
#include "core/runner/run_job.h"

namespace reelmend::test {

// Runs a fine-tuning job here; stops after that many steps, 0 = never. It must not fail.
inline jobs::JobState teach(const jobs::JobFolder& job, int stopAfter = 0)
{
    base::Control control;
    runner::RunOptions options;
    options.onEvent = [&](const jobs::Event& event) {
        if (std::holds_alternative<jobs::StepEvent>(event.what) && --stopAfter == 0) {
            control.requestCancel();
        }
    };
    const jobs::JobState state = runner::runJob(job, control, options);
    const auto failure = jobs::summarise(job).status.failure;
    CAPTURE((failure ? failure->message + " " + failure->why : ""));
    CHECK_FALSE(failure);
    return state;
}

// Why a request is refused before any work; "" where it is not.
inline std::string teachingProblem(const jobs::FineTuneRequest& request)
{
    try {
        runner::checkFineTune(request);
        return {};
    } catch (const base::Error& error) {
        return error.message() + " " + error.why();
    }
}

} // namespace reelmend::test
