#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstdlib>
#include <map>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/safetensors.h"
#include "tests/core/train/tiny_student.h"

using namespace reelmend;
using namespace reelmend::train;
using test::Lesson;
using test::TinyTeaching;

namespace {

Environment pretend(std::map<std::string, std::string> values)
{
    return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(std::string(name));
        return found == values.end() ? std::nullopt : std::optional(found->second);
    };
}

constexpr const char* kResult = "REELMEND_TEST_PARALLEL_RESULT"; // set in the processes that train
constexpr int kSteps = 4;

// Trains with so many micro-batches a process and writes the weights.
void teach(std::int64_t microBatches, ParallelGroup* group, const std::filesystem::path& result)
{
    at::set_num_threads(1);
    TinyTeaching scene;
    scene.teacher.microBatches = microBatches;
    const Lesson lesson(scene, group);
    for (int i = 0; i < kSteps; ++i) {
        CHECK(lesson.teacher->advance().loss > 0);
    }
    lesson.teacher->save(result);
}

// This program once more as one process of two.
pid_t startProcess(int rank, const std::filesystem::path& folder)
{
    const pid_t child = ::fork();
    if (child != 0) {
        return child;
    }
    ::setenv("RANK", std::to_string(rank).c_str(), 1);
    ::setenv("LOCAL_RANK", std::to_string(rank).c_str(), 1);
    ::setenv("WORLD_SIZE", "2", 1);
    ::setenv("REELMEND_STORE_FILE", (folder / "store").c_str(), 1);
    ::setenv(kResult, (folder / ("rank" + std::to_string(rank) + ".safetensors")).c_str(), 1);
    ::execl("/proc/self/exe", "tests_core_train", "--test-case=one process of a training of two", nullptr);
    ::_exit(127);
}

double worstDifference(const std::filesystem::path& a, const std::filesystem::path& b)
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

} // namespace

TEST_CASE("one process of a training of two")
{
    const char* result = std::getenv(kResult);
    if (!result) {
        return; // started by the test below
    }
    const auto group = ParallelGroup::join(*parallelPlace(processEnvironment()));
    CHECK(group->broadcastText(group->rank() == 0 ? "hello" : "") == "hello");
    CHECK(group->anyone(group->rank() == 1));
    CHECK_FALSE(group->anyone(false));
    teach(1, group.get(), result);
}

TEST_CASE("two processes give the weights of one with twice the batch")
{
    if (std::getenv(kResult)) {
        return;
    }
    const test::TemporaryFolder folder;
    const pid_t children[] = {startProcess(0, folder.path()), startProcess(1, folder.path())};
    for (const pid_t child : children) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        REQUIRE(WEXITSTATUS(status) == 0);
    }
    CHECK(worstDifference(folder / "rank0.safetensors", folder / "rank1.safetensors") == 0);
    teach(2, nullptr, folder / "alone.safetensors");
    // Gradients are summed in another order: the last bits of float32, after four steps of 2e-3.
    CHECK(worstDifference(folder / "rank0.safetensors", folder / "alone.safetensors") < 2e-5);
}

TEST_CASE("torchrun's and SLURM's variables say where a process stands")
{
    CHECK_FALSE(parallelPlace(pretend({})));
    CHECK_FALSE(parallelPlace(pretend({{"RANK", "0"}, {"WORLD_SIZE", "1"}}))); // one on its own
    const auto torchrun = parallelPlace(pretend(
        {{"RANK", "3"}, {"WORLD_SIZE", "4"}, {"LOCAL_RANK", "1"}, {"LOCAL_WORLD_SIZE", "2"}, {"MASTER_ADDR", "node7"},
            {"MASTER_PORT", "1234"}, {"TORCHELASTIC_USE_AGENT_STORE", "True"}, {"TORCHELASTIC_RESTART_COUNT", "2"}}));
    REQUIRE(torchrun);
    CHECK(torchrun->rank == 3);
    CHECK(torchrun->size == 4);
    CHECK(torchrun->localRank == 1);
    CHECK(torchrun->localSize == 2);
    CHECK(torchrun->host == "node7");
    CHECK(torchrun->port == 1234);
    CHECK(torchrun->agentStore);
    CHECK(torchrun->attempt == 2);
    const auto slurm = parallelPlace(pretend({{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}, {"SLURM_LOCALID", "1"},
        {"SLURM_JOB_NODELIST", "gpu[03-07,12]"}, {"SLURM_JOB_ID", "123456"}}));
    REQUIRE(slurm);
    CHECK(slurm->rank == 1);
    CHECK(slurm->host == "gpu03");
    CHECK(slurm->port == 23456);
    CHECK_THROWS_AS(parallelPlace(pretend({{"RANK", "4"}, {"WORLD_SIZE", "4"}})), base::Error);
    CHECK_THROWS_AS(parallelPlace(pretend({{"RANK", "x"}, {"WORLD_SIZE", "4"}})), base::Error);
}

TEST_CASE("the first machine of SLURM's lists")
{
    CHECK(firstHost("alone") == "alone");
    CHECK(firstHost("a,b[1-3]") == "a");
    CHECK(firstHost("n[1,5].cluster,m") == "n1.cluster");
    CHECK_THROWS_AS(firstHost("n[1-"), base::Error);
}
