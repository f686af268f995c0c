#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <ATen/ATen.h>

#include <cstdlib>

#include "core/models/safetensors.h"
#include "core/tensor/card_group.h"
#include "core/train/parallel.h"
#include "tests/core/train/tiny_student.h"
#include "tests/support/cuda.h"

using namespace reelmend;
using namespace reelmend::train;
using test::Lesson;
using test::TinyTeaching;

namespace {

const c10::Device kCard(c10::kCUDA, 0);
constexpr const char* kFolder = "REELMEND_TEST_PARALLEL_FOLDER"; // set in the processes that train
constexpr int kSteps = 4;

void teach(std::int64_t microBatches, ParallelGroup* group, const std::filesystem::path& result)
{
    TinyTeaching scene;
    scene.teacher.microBatches = microBatches;
    scene.useDevice(kCard);
    const Lesson lesson(scene, group);
    for (int i = 0; i < kSteps; ++i) {
        CHECK(lesson.teacher->advance().loss > 0);
    }
    lesson.teacher->save(result);
}

// This program once more: CUDA cannot go on in a forked process.
pid_t startProcess(int rank, const std::filesystem::path& folder)
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::setenv("RANK", std::to_string(rank).c_str(), 1);
        ::setenv("LOCAL_RANK", std::to_string(rank).c_str(), 1);
        ::setenv("WORLD_SIZE", "2", 1);
        ::setenv("REELMEND_STORE_FILE", (folder / "store").c_str(), 1);
        ::setenv(kFolder, folder.c_str(), 1);
        ::execl("/proc/self/exe", "tests_core_train_gpu", "--test-case=one process of two on a card", nullptr);
        ::_exit(127);
    }
    return child;
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

TEST_CASE("a group of cards sums and broadcasts on the card, and host tensors beside")
{
    if (!test::cudaIsThere() || std::getenv(kFolder)) {
        return;
    }
    CHECK(tensor::CardGroup::isAvailable()); // the build has found nccl.h, as it should where CUDA is built
    const test::TemporaryFolder folder;
    ParallelPlace place; // of one: all that a single card can show
    place.storeFile = (folder / "store").string();
    const auto group = ParallelGroup::join(place, kCard);
    const at::Tensor a = at::arange(6, at::TensorOptions(at::kFloat).device(kCard)).view({2, 3}).t();
    const at::Tensor b = at::full({4}, 2.5, at::TensorOptions(at::kBFloat16).device(kCard));
    const at::Tensor wasA = a.clone(), wasB = b.clone();
    group->sum({a, b});
    group->broadcast({b, a});
    CHECK(at::equal(a, wasA));
    CHECK(at::equal(b, wasB));
    CHECK(group->broadcastText("hello") == "hello");
    CHECK(group->anyone(true));
}

TEST_CASE("one process of two on a card")
{
    const char* folder = std::getenv(kFolder);
    if (!folder || !test::cudaIsThere()) {
        return; // started by the test below
    }
    const auto place = parallelPlace(processEnvironment());
    REQUIRE(place);
    const auto group = ParallelGroup::join(*place, kCard);
    teach(1, group.get(), std::filesystem::path(folder) / ("rank" + std::to_string(group->rank()) + ".safetensors"));
}

TEST_CASE("two processes that share a card give the weights of one with twice the batch")
{
    if (!test::cudaIsThere() || std::getenv(kFolder)) {
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
