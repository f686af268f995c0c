#pragma once
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/models/safetensors.h"
#include "tests/core/train/tiny_student.h"

// A tiny training by two processes of this program beside one by a single process.
namespace reelmend::test {

// Set in the processes that train: the file for their weights.
inline constexpr const char* kParallelResult = "REELMEND_TEST_PARALLEL_RESULT";

// Trains with so many micro-batches a process and writes the weights.
inline void teachTogether(std::int64_t microBatches, train::ParallelGroup* group, const std::filesystem::path& result,
    c10::Device device = c10::kCPU)
{
    constexpr int kSteps = 4;
    TinyTeaching scene;
    scene.teacher.microBatches = microBatches;
    scene.useDevice(device);
    const Lesson lesson(scene, group);
    for (int i = 0; i < kSteps; ++i) {
        CHECK(lesson.teacher->advance().loss > 0);
    }
    lesson.teacher->save(result);
}

// Two processes run this program's test case of that name, and end well. Their weights are FOLDER/rankN.safetensors.
inline void runTwoProcesses(const char* testCase, const std::filesystem::path& folder)
{
    const std::string only = std::string("--test-case=") + testCase;
    const auto start = [&](int rank) {
        const pid_t child = ::fork();
        if (child == 0) { // the program once more: CUDA cannot go on in a forked process
            ::setenv("RANK", std::to_string(rank).c_str(), 1);
            ::setenv("LOCAL_RANK", std::to_string(rank).c_str(), 1);
            ::setenv("WORLD_SIZE", "2", 1);
            ::setenv("REELMEND_STORE_FILE", (folder / "store").c_str(), 1);
            ::setenv(kParallelResult, (folder / ("rank" + std::to_string(rank) + ".safetensors")).c_str(), 1);
            ::execl("/proc/self/exe", "tests", only.c_str(), nullptr);
            ::_exit(127);
        }
        return child;
    };
    const pid_t children[] = {start(0), start(1)};
    for (const pid_t child : children) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        REQUIRE(WEXITSTATUS(status) == 0);
    }
}

inline double worstDifference(const std::filesystem::path& a, const std::filesystem::path& b)
{
    const models::SafetensorsFile first(a), second(b);
    double worst = 0;
    for (const models::StoredTensor& tensor : first.header().tensors) {
        if (tensor.name.starts_with("weight.")) {
            const models::StoredTensor* other = second.find(tensor.name);
            REQUIRE(other);
            worst = std::max(worst, (first.read(tensor, {}) - second.read(*other, {})).abs().max().item<double>());
        }
    }
    return worst;
}

} // namespace reelmend::test
