#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cstring>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/pickle.h"
#include "core/models/pth_header.h"
#include "core/models/safetensors.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

std::filesystem::path fixture(const std::string& name)
{
    return test::sourceFolder() / "tests/fixtures/pth" / name;
}

// As make_pth_fixtures.py fills its tensors.
at::Tensor numbers(at::IntArrayRef shape)
{
    return (at::arange(c10::multiply_integers(shape), at::kFloat) / 8 - 1).view(shape);
}

std::string whyOf(const std::filesystem::path& path)
{
    try {
        const SafetensorsFile file(path);
    } catch (const base::Error& error) {
        return error.why();
    }
    return {};
}

std::string whyOf(const std::string& pickle)
{
    try {
        readPickle(pickle, "test");
    } catch (const base::Error& error) {
        return error.why();
    }
    return {};
}

} // namespace

TEST_CASE("files of torch.save hold the same tensors in every form")
{
    for (const char* name : {"plain.pth", "legacy.pth", "ordered.pth"}) {
        CAPTURE(name);
        const SafetensorsFile file(fixture(name));
        CHECK(file.header().tensors.size() == 14);
        const auto read = [&](const char* tensor) {
            REQUIRE(file.find(tensor));
            return file.read(*file.find(tensor), {});
        };
        CHECK(at::equal(read("weight"), numbers({4, 3, 2})));
        CHECK(at::equal(read("half"), numbers({5}).to(at::kHalf)));
        CHECK(at::equal(read("brain"), numbers({2, 2}).to(at::kBFloat16)));
        CHECK(at::equal(read("double"), numbers({3}).to(at::kDouble)));
        CHECK(at::equal(read("whole"), at::tensor({1, -2, 3}, at::kLong)));
        CHECK(at::equal(read("truth"), at::tensor({1, 0}).to(at::kBool)));
        CHECK(read("single").dim() == 0);
        CHECK(read("single").item<float>() == 2.5f);
        CHECK((read("empty").sizes() == at::IntArrayRef{0, 3}));
        CHECK(at::equal(read("part"), numbers({10}).narrow(0, 4, 3)));
        CHECK(at::equal(read("turned"), numbers({3, 5}).t()));
        CHECK(at::equal(read("last"), numbers({1, 2, 3, 4})));
        CHECK(at::equal(read("tied.a"), numbers({2, 3})));
        CHECK(at::equal(read("tied.b"), numbers({2, 3})));
        CHECK(at::equal(read("parameter"), numbers({3})));
    }
}

TEST_CASE("files of torch.save: wrappers are left out, what is not a tensor is passed over")
{
    const auto names = [](const char* name) {
        std::string all;
        const SafetensorsFile file(fixture(name));
        for (const auto& tensor : file.header().tensors) {
            all += tensor.name + " ";
        }
        return all;
    };
    CHECK(names("one.pth") == "weight ");
    CHECK(names("wrapped.pth") == "weight ");
    CHECK(names("protocol4.pth") == "weight ");
    CHECK(names("two.pth") == "params.weight params_ema.weight ");
    CHECK(names("bare.pt") == "tensor ");
    CHECK(
        names("module.pth") == "0.weight 0.bias 1.weight 1.bias 1.running_mean 1.running_var 1.num_batches_tracked ");
    const WeightStore store = WeightStore::open(fixture("module.pth"));
    CHECK((store.read("0.weight", {}).sizes() == at::IntArrayRef{2, 3}));
}

TEST_CASE("files of torch.save: nothing is run, and lies are named")
{
    CHECK(whyOf(fixture("intruder.pth")).find("posix.system") != std::string::npos);
    CHECK(whyOf(base::readFile(fixture("intruder.pkl"))).find("posix.system") != std::string::npos);
    CHECK(whyOf(fixture("compressed.pth")).find("compressed") != std::string::npos);
    CHECK(whyOf(fixture("gaps.pth")).find("\"weight\" is stored with gaps") != std::string::npos);
    CHECK(whyOf(fixture("repeats.pth")).find("\"weight\"") != std::string::npos);

    // Cut off anywhere, or with any single byte changed: an error or a smaller truth, never a crash.
    const test::TemporaryFolder folder;
    for (const char* name : {"plain.pth", "legacy.pth"}) {
        const std::string whole = base::readFile(fixture(name));
        int refused = 0;
        for (std::size_t size = 1; size < whole.size(); size += 37) {
            CHECK_THROWS_AS(parsePthHeader(std::string_view(whole).substr(0, size), "cut"), base::Error);
        }
        for (std::size_t place = 0; place < whole.size(); place += 3) {
            std::string changed = whole;
            changed[place] = static_cast<char>(changed[place] ^ 0x41);
            try {
                const SafetensorsHeader header = parsePthHeader(changed, "changed");
                for (const auto& tensor : header.tensors) {
                    CHECK(tensor.end <= changed.size());
                }
            } catch (const base::Error&) {
                ++refused;
            }
        }
        CHECK(refused > 100);
    }
}

TEST_CASE("pickles that would grow without end are refused")
{
    using namespace std::string_literals;
    CHECK(whyOf(""s).find("cut off") != std::string::npos);
    CHECK(whyOf("."s).find("damaged") != std::string::npos);
    CHECK(whyOf("X\xff\xff\xff\xff"s).find("cut off") != std::string::npos);
    CHECK(whyOf("cnt\nsystem\n."s).find("nt.system") != std::string::npos);
    CHECK(whyOf("}q\x00h\x05."s).find("damaged") != std::string::npos);
    // A list of a thousand pairs that is made into a dictionary again and again.
    std::string bomb = "\x80\x02"s + "]q\x00("s;
    for (int i = 0; i < 1000; ++i) {
        bomb += "K\x01K\x02\x86";
    }
    bomb += "eccollections\nOrderedDict\nq\x01"s;
    for (int i = 0; i < 100'000; ++i) {
        bomb += "h\x01h\x00\x85R"s;
    }
    CHECK(whyOf(bomb + ".").find("more than a model can hold") != std::string::npos);
    // Deep nesting, and a list that holds itself.
    CHECK(whyOf(std::string(100'000, ']') + ".").empty());
    CHECK(whyOf("]q\x00h\x00"s + "a."s).empty());
}
