#include <doctest/doctest.h>

#include <ATen/ATen.h>

#include <cstdlib>

#include "core/tensor/card_group.h"
#include "core/train/parallel.h"
#include "tests/core/train/two_processes.h"
#include "tests/support/cuda.h"

using namespace reelmend;
using namespace reelmend::train;

namespace {

const c10::Device kCard(c10::kCUDA, 0);

} // namespace

TEST_CASE("a group of cards sums and broadcasts on the card, and host tensors beside")
{
    if (!test::cudaIsThere() || std::getenv(test::kParallelResult)) {
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
    const char* result = std::getenv(test::kParallelResult);
    if (!result || !test::cudaIsThere()) {
        return; // started by the test below
    }
    const auto place = parallelPlace(processEnvironment());
    REQUIRE(place);
    const auto group = ParallelGroup::join(*place, kCard);
    test::teachTogether(1, group.get(), result, kCard);
}

TEST_CASE("two processes that share a card give the weights of one with twice the batch")
{
    if (!test::cudaIsThere() || std::getenv(test::kParallelResult)) {
        return;
    }
    const test::TemporaryFolder folder;
    test::runTwoProcesses("one process of two on a card", folder.path());
    CHECK(test::worstDifference(folder / "rank0.safetensors", folder / "rank1.safetensors") == 0);
    test::teachTogether(2, nullptr, folder / "alone.safetensors", kCard);
    // Gradients are summed in another order: the last bits of float32, after four steps of 2e-3.
    CHECK(test::worstDifference(folder / "rank0.safetensors", folder / "alone.safetensors") < 2e-5);
}
