#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/catalogue.h"
#include "core/models/lite_file.h"
#include "core/models/wan_vae.h"
#include "core/tensor/memory_tracker.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

void writeBytes(const std::filesystem::path& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary) << bytes;
}

std::string fileBytes(const std::string& header, std::size_t dataBytes, std::uint64_t told = 0)
{
    const std::uint64_t length = told ? told : header.size();
    std::string bytes;
    for (int i = 0; i < 8; ++i) {
        bytes += static_cast<char>(length >> (8 * i) & 0xff);
    }
    return bytes + header + std::string(dataBytes, '\0');
}

// What reading the file says, or "" when it can be read.
std::string problemOf(const std::filesystem::path& path)
{
    try {
        const SafetensorsFile file(path);
        for (const auto& tensor : file.header().tensors) {
            ReadOptions options;
            options.refuseNonFinite = true;
            file.read(tensor, options);
        }
        return {};
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::ErrorKind::kInput);
        CHECK(error.message().find(base::pathText(path.filename())) != std::string::npos);
        return error.why();
    }
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

WanVaeConfig tinyConfig()
{
    WanVaeConfig config;
    config.latentChannels = 2;
    config.encoderStem = 4;
    config.encoderChannels = config.decoderChannels = {4, 4};
    config.decoderStem = 4;
    config.residualBlocks = 1;
    config.temporal = {true};
    config.encoderAttention = {false, false};
    return config;
}

// A tiny Wan autoencoder as named tensors, in one of the two spellings.
NamedTensors tinyWeights(WanVaeNames names)
{
    const WanVaeConfig config = tinyConfig();
    DetectedWanVae spelling;
    spelling.config = config;
    spelling.names = names;
    NamedTensors tensors;
    const auto collect = [&](auto network) {
        const VisitFunction visit = [&](const ParameterVisitor& visitor) { network->visit(visitor); };
        initialiseRandomly(visit, 3, at::kFloat);
        visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
            tensors.emplace_back(wanVaeStoredName(spelling, name), tensor);
        });
    };
    collect(makeWanEncoder(config));
    collect(makeWanDecoder(config));
    return tensors;
}

std::string loadProblem(const std::filesystem::path& path)
{
    try {
        loadAutoencoder(path, {});
        return {};
    } catch (const base::Error& error) {
        return error.message() + " " + error.why();
    }
}

} // namespace

TEST_CASE("what is written is read back, in every type, cast where asked")
{
    const test::TemporaryFolder folder;
    at::manual_seed(4);
    const at::Tensor a = at::randn({3, 5, 2}), wide = at::randn({4}, at::kDouble);
    const NamedTensors tensors = {{"a", a}, {"half", a.to(at::kHalf)}, {"b", a.to(at::kBFloat16).transpose(0, 1)},
        {"wide", wide}, {"count", at::arange(7)}, {"scalar", at::scalar_tensor(2.5)}, {"none", at::empty({0, 3})},
        {"日本 \"x\"", at::ones({2}, at::kByte)}, {"flag", at::ones({3}, at::kBool)}};
    writeSafetensors(folder / "t.safetensors", tensors, {{"format", "pt"}});
    const SafetensorsFile file(folder / "t.safetensors");
    CHECK(file.header().metadata.at("format") == "pt");
    CHECK(file.header().dataOffset % 8 == 0);
    for (const auto& [name, tensor] : tensors) {
        CAPTURE(name);
        REQUIRE(file.find(name));
        const at::Tensor back = file.read(*file.find(name), {});
        CHECK((back.scalar_type() == tensor.scalar_type()));
        CHECK(at::equal(back, tensor));
    }
    ReadOptions narrow;
    narrow.options = at::TensorOptions(at::kBFloat16);
    CHECK(at::equal(file.read(*file.find("a"), narrow), a.to(at::kBFloat16)));
    CHECK_THROWS_AS(writeSafetensors(folder / "u.safetensors", {{"a", a}, {"a", a}}), base::Error);
    CHECK_FALSE(std::filesystem::exists(folder / "u.safetensors"));
}

TEST_CASE("headers that lie are refused with file, tensor and reason")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "bad é.safetensors";
    const auto problem = [&](const std::string& header, std::size_t data, std::uint64_t told = 0) {
        writeBytes(path, fileBytes(header, data, told));
        return problemOf(path);
    };
    const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    CHECK(problem("{" + a + "}", 8).empty());
    CHECK(contains(problem("{" + a + "}", 8, 1u << 30), "header length"));
    CHECK(contains(problem("{" + a + "}", 8, std::uint64_t(1) << 63), "header length"));
    CHECK(contains(problem("{" + a + "}", 7), "\"a\": its data runs past the end"));
    CHECK(contains(problem("{" + a + "}", 9), "belong to no tensor"));
    CHECK(contains(problem("{" + a + R"(,"b":{"dtype":"U8","shape":[6],"data_offsets":[4,10]}})", 10),
        "\"b\": its data overlaps"));
    CHECK(contains(problem("{" + a + R"(,"b":{"dtype":"U8","shape":[2],"data_offsets":[10,12]}})", 12),
        "\"b\": its data leaves a hole"));
    CHECK(contains(problem("{" + a + "," + a + "}", 8), "\"a\" stands twice"));
    CHECK(contains(problem(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8),
        "\"a\": its shape and dtype need 12 bytes"));
    CHECK(contains(
        problem(R"({"a":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,8]}})", 8), "\"a\": its shape"));
    CHECK(contains(problem(R"({"a":{"dtype":"F64","shape":[4294967296,4294967296,4],"data_offsets":[0,8]}})", 8),
        "more elements than can be counted"));
    CHECK(contains(
        problem(R"({"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})", 8), "its dtype \"F99\" is not known"));
    CHECK(contains(problem(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8), "not a whole number"));
    CHECK(contains(problem(R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", 8), "not a whole number"));
    CHECK(contains(problem(R"({"a":{"dtype":"F32","data_offsets":[0,8]}})", 8), "lacks its shape"));
    CHECK(contains(problem(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8), "ends before it begins"));
    CHECK(
        contains(problem(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", 1), "do not fill whole bytes"));
    CHECK(contains(problem("{\"a\":", 8), "broken"));
    CHECK(contains(problem("[1]", 8), "does not begin"));
    CHECK(contains(problem(std::string(1 << 16, '[').insert(0, "{\"a\":"), 8), "object"));
    writeBytes(path, "");
    CHECK(contains(problemOf(path), "empty"));
    writeBytes(path, "abc");
    CHECK(contains(problemOf(path), "3 bytes"));
}

TEST_CASE("a lie about sizes allocates nothing")
{
    const test::TemporaryFolder folder;
    writeBytes(folder / "big.safetensors",
        fileBytes(R"({"a":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}})", 8));
    const tensor::MemoryTracker tracker;
    CHECK(contains(problemOf(folder / "big.safetensors"), "past the end"));
    CHECK(tracker.peakBytes() == 0);
}

TEST_CASE("shards: missing parts, wrong places, paths that leave the folder")
{
    const test::TemporaryFolder folder;
    writeSafetensors(folder / "m-1.safetensors", {{"a", at::ones({2})}});
    writeSafetensors(folder / "m-2.safetensors", {{"b", at::ones({3})}});
    const auto path = folder / "m.safetensors.index.json";
    const auto problem = [&](const std::string& index) -> std::string {
        writeBytes(path, index);
        try {
            const WeightStore store = WeightStore::open(path);
            return store.places().size() == 2 && store.read("b", {}).numel() == 3 ? "" : "wrong";
        } catch (const base::Error& error) {
            return error.why();
        }
    };
    const std::string map = R"("weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"})";
    CHECK(problem(R"({"metadata":{"total_size":20},)" + map + "}").empty());
    CHECK(contains(problem(R"({"metadata":{"total_size":21},)" + map + "}"), "21 bytes"));
    CHECK(contains(problem(R"({"weight_map":{"a":"m-1.safetensors","b":"m-3.safetensors"}})"),
        "\"m-3.safetensors\" is missing"));
    CHECK(contains(
        problem(R"({"weight_map":{"a":"m-2.safetensors","b":"m-2.safetensors"}})"), "\"a\" is not in the part"));
    CHECK(contains(problem(R"({"weight_map":{"b":"m-1.safetensors"}})"), "does not place there"));
    CHECK(contains(problem(R"({"weight_map":{"a":"../m-1.safetensors"}})"), "does not lie beside"));
    CHECK(contains(problem(R"({"weight_map":{"a":"m-1.safetensors","a":"m-2.safetensors"}})"), "stands twice"));
    CHECK(contains(problem(R"({"weight_map":{}})"), "no tensors"));
}

TEST_CASE("both spellings of one autoencoder load to the same network")
{
    const test::TemporaryFolder folder;
    at::manual_seed(9);
    const at::Tensor z = at::randn({1, 2, 3, 3, 4}), x = at::randn({1, 3, 5, 6, 8});
    at::Tensor frames, latents;
    for (const auto names : {WanVaeNames::kDiffusers, WanVaeNames::kOriginal}) {
        writeSafetensors(folder / "vae.safetensors", tinyWeights(names));
        const Autoencoder model = loadAutoencoder(folder / "vae.safetensors", {});
        const at::Tensor decoded = model.decoder->decode(z, {}, {}).frames;
        const at::Tensor encoded = model.encoder->encode(x, {}).latents;
        if (frames.defined()) {
            CHECK(at::equal(decoded, frames));
            CHECK(at::equal(encoded, latents));
        }
        frames = decoded;
        latents = encoded;
    }
    // One part alone.
    NamedTensors decoder;
    for (auto& entry : tinyWeights(WanVaeNames::kOriginal)) {
        if (entry.first.starts_with("decoder.") || entry.first.starts_with("conv2.")) {
            decoder.push_back(entry);
        }
    }
    writeSafetensors(folder / "decoder.safetensors", decoder);
    const Autoencoder part = loadAutoencoder(folder / "decoder.safetensors", {});
    CHECK_FALSE(part.encoder);
    CHECK(at::equal(part.decoder->decode(z, {}, {}).frames, frames));
}

TEST_CASE("missing, unused, misshapen and non-finite tensors are named")
{
    const test::TemporaryFolder folder;
    const auto path = folder / "vae.safetensors";
    const auto problem = [&](const NamedTensors& tensors) {
        writeSafetensors(path, tensors);
        return loadProblem(path);
    };
    const NamedTensors good = tinyWeights(WanVaeNames::kDiffusers);
    CHECK(problem(good).empty());

    NamedTensors changed = good;
    std::erase_if(changed, [](const auto& entry) { return entry.first == "decoder.mid_block.resnets.1.conv2.bias"; });
    CHECK(contains(problem(changed), "Missing: decoder.mid_block.resnets.1.conv2.bias"));
    changed = good;
    changed.emplace_back("loss.weight", at::ones({1}));
    CHECK(contains(problem(changed), "Not part of the model: loss.weight"));
    changed = good;
    for (auto& [name, tensor] : changed) {
        tensor = name == "post_quant_conv.bias" ? at::ones({5}) : tensor;
    }
    CHECK(contains(problem(changed), "post_quant_conv.bias ([5] instead of [2])"));
    changed = good;
    for (auto& [name, tensor] : changed) {
        if (name == "encoder.conv_in.weight") {
            tensor = tensor.clone();
            tensor[0][0][0][0][1] = std::numeric_limits<float>::quiet_NaN();
        }
    }
    const std::string why = problem(changed);
    CHECK(contains(why, "\"encoder.conv_in.weight\" holds numbers that are not finite"));
    CHECK(contains(why, "vae.safetensors"));
    CHECK(contains(problem({{"transformer_blocks.0.norm1.linear.weight", at::ones({2, 2})}}), "another model"));

    writeSafetensors(path, good);
    writeBytes(folder / "config.json", R"({"_class_name": "AutoencoderKLWan", "z_dim": 16})");
    CHECK(contains(loadProblem(path), "disagree about \"z_dim\""));
}

TEST_CASE("loading needs hardly more memory than the weights")
{
    const test::TemporaryFolder folder;
    NamedTensors tensors;
    for (int i = 0; i < 48; ++i) {
        tensors.emplace_back("t" + std::to_string(i), at::ones({96, 96, 3, 3, 3}));
    }
    writeSafetensors(folder / "w.safetensors", tensors);
    tensors.clear();
    for (const auto dtype : {at::kFloat, at::kBFloat16}) {
        const tensor::MemoryTracker tracker;
        const WeightStore store = WeightStore::open(folder / "w.safetensors");
        std::vector<at::Tensor> loaded;
        for (const auto& [name, place] : store.places()) {
            ReadOptions how;
            how.options = at::TensorOptions(dtype);
            how.layout = at::MemoryFormat::ChannelsLast3d;
            loaded.push_back(store.read(name, how));
        }
        std::int64_t bytes = 0;
        for (const auto& tensor : loaded) {
            bytes += static_cast<std::int64_t>(tensor.nbytes());
        }
        CHECK(static_cast<double>(tracker.peakBytes()) <= 1.1 * static_cast<double>(bytes));
    }
}

TEST_CASE("models inspect knows families by their tensors")
{
    const test::TemporaryFolder folder;
    writeSafetensors(folder / "vae.safetensors", tinyWeights(WanVaeNames::kOriginal));
    const ModelDescription wan = describeModel(folder / "vae.safetensors");
    CHECK(wan.family == "wan2.1");
    CHECK(wan.names == "original");
    CHECK(wan.problems.empty());
    REQUIRE(wan.footprint.decoder);
    CHECK(wan.footprint.decoder->parameters + wan.footprint.encoder->parameters == wan.parameters);
    CHECK(wan.footprint.decoder->steady.savedLean < wan.footprint.decoder->steady.savedStock / 2);
    CHECK(plan::modelFootprintFromJson(plan::toJson(wan.footprint)) == wan.footprint);

    LiteWeights lite(LiteConfig{.channels = {8, 8, 16}, .latentChannels = 16, .heads = 2, .mlpChannels = 16});
    initialise(lite, 1);
    saveLite(folder / "lite.safetensors", lite, at::kBFloat16);
    const ModelDescription own = describeModel(folder / "lite.safetensors");
    CHECK(own.family == "lite");
    CHECK(own.problems.empty());
    CHECK(own.footprint.denoiser);

    writeSafetensors(folder / "lora.safetensors", {{"blocks.0.self_attn.q.lora_down.weight", at::ones({4, 8})}});
    CHECK(describeModel(folder / "lora.safetensors").kind == "lora");
    writeSafetensors(folder / "x.safetensors", {{"something", at::ones({1})}});
    CHECK(describeModel(folder / "x.safetensors").kind == "unknown");
}

TEST_CASE("what a network costs is measured once and kept")
{
    const test::TemporaryFolder folder;
    const char* usual = std::getenv("REELMEND_CACHE_DIR");
    const std::string before = usual ? usual : "";
    ::setenv("REELMEND_CACHE_DIR", folder.path().c_str(), 1);
    writeSafetensors(folder / "vae.safetensors", tinyWeights(WanVaeNames::kDiffusers));
    int measured = 0;
    const auto describe = [&] { return describeModel(folder / "vae.safetensors", [&] { ++measured; }).footprint; };
    const auto first = describe();
    CHECK(measured == 2); // encoder and decoder
    CHECK(describe() == first);
    CHECK(measured == 2);
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        if (entry.path().filename().string().starts_with("footprint-")) {
            base::writeFileAtomically(entry.path(), "{\"decoder\": {\"steady\": 3}}");
        }
    }
    CHECK(describe().decoder->steady.flops == first.decoder->steady.flops);
    CHECK(measured == 4);
    ::setenv("REELMEND_CACHE_DIR", before.c_str(), 1); // an empty one counts as not set
}
