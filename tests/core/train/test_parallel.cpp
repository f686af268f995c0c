#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstdlib>
#include <map>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/core/train/two_processes.h"

using namespace reelmend;
using namespace reelmend::train;

namespace {

Environment pretend(std::map<std::string, std::string> values)
{
    return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(std::string(name));
        return found == values.end() ? std::nullopt : std::optional(found->second);
    };
}

} // namespace

TEST_CASE("one process of a training of two")
{
    const char* result = std::getenv(test::kParallelResult);
    if (!result) {
        return; // started by the test below
    }
    const auto group = ParallelGroup::join(*parallelPlace(processEnvironment()));
    CHECK(group->broadcastText(group->rank() == 0 ? "hello" : "") == "hello");
    CHECK(group->anyone(group->rank() == 1));
    CHECK_FALSE(group->anyone(false));
    at::set_num_threads(1);
    test::teachTogether(1, group.get(), result);
}

TEST_CASE("two processes give the weights of one with twice the batch")
{
    if (std::getenv(test::kParallelResult)) {
        return;
    }
    const test::TemporaryFolder folder;
    test::runTwoProcesses("one process of a training of two", folder.path());
    CHECK(test::worstDifference(folder / "rank0.safetensors", folder / "rank1.safetensors") == 0);
    at::set_num_threads(1);
    test::teachTogether(2, nullptr, folder / "alone.safetensors");
    // Gradients are summed in another order: the last bits of float32, after four steps of 2e-3.
    CHECK(test::worstDifference(folder / "rank0.safetensors", folder / "alone.safetensors") < 2e-5);
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
