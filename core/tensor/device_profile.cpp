#include "core/tensor/device_profile.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/version.h>

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/kept_file.h"
#include "core/base/time.h"
#include "core/tensor/device.h"

namespace reelmend::tensor {

namespace {

constexpr std::int64_t kChannels = 64, kHeight = 90, kWidth = 160;
constexpr int kRounds = 4, kPerRound = 3;
constexpr double kClearly = 1.15;

// Which device, build and number of threads the figures hold for.
std::string identityOf(c10::Device device)
{
    const CpuFeatures features = cpuFeatures();
    return device.str() + " torch " TORCH_VERSION " threads " + std::to_string(at::get_num_threads()) +
           (features.avx512    ? " avx512"
               : features.avx2 ? " avx2"
                               : "") +
           (features.bf16 ? " bf16" : "");
}

double gigaflops(c10::Device device, at::ScalarType type, at::MemoryFormat layout)
{
    const auto options = at::TensorOptions().device(device).dtype(type);
    const at::Tensor input = at::ones({1, kChannels, kHeight, kWidth}, options).contiguous(layout);
    const at::Tensor weight = at::ones({kChannels, kChannels, 3, 3}, options).contiguous(layout);
    double best = 1e9;
    for (int round = 0; round <= kRounds; ++round) { // the first one also prepares
        const double begin = base::monotonicSeconds();
        at::Tensor output;
        for (int i = 0; i < kPerRound; ++i) {
            output = at::conv2d(input, weight, {}, 1, 1);
        }
        (void)output.select(1, 0).select(1, 0).select(1, 0).item<float>(); // a card has finished only then
        best = round > 0 ? std::min(best, base::monotonicSeconds() - begin) : best;
    }
    return 2e-9 * kPerRound * kChannels * kChannels * 9 * kHeight * kWidth / best;
}

} // namespace

c10::ScalarType DeviceProfile::dtype() const
{
    return bfloat16 > kClearly * float32 ? c10::kBFloat16 : c10::kFloat;
}

DeviceProfile measureDevice(c10::Device device)
{
    const c10::InferenceMode inference;
    DeviceProfile profile;
    profile.device = identityOf(device);
    const auto last = at::MemoryFormat::ChannelsLast, planar = at::MemoryFormat::Contiguous;
    profile.float32 = gigaflops(device, at::kFloat, last);
    profile.float32Planar = gigaflops(device, at::kFloat, planar);
    if (device.is_cuda() || cpuFeatures().bf16) { // emulated, it takes minutes
        profile.bfloat16 = gigaflops(device, at::kBFloat16, last);
        profile.bfloat16Planar = gigaflops(device, at::kBFloat16, planar);
    }
    return profile;
}

DeviceProfile deviceProfile(c10::Device device, const std::filesystem::path& file)
{
    const auto read = [&](const std::string& text) -> std::optional<DeviceProfile> {
        const auto json = nlohmann::json::parse(text, nullptr, false);
        const auto figure = [&](const char* name) {
            return json.contains(name) && json[name].is_number() ? json[name].get<double>() : -1.0;
        };
        if (!json.is_object() || !json.contains("device") || json["device"] != identityOf(device)) {
            return std::nullopt;
        }
        const DeviceProfile profile{figure("float32"), figure("bfloat16"), figure("float32_planar"),
            figure("bfloat16_planar"), json["device"].get<std::string>()};
        return profile.float32 > 0 && profile.bfloat16 >= 0 ? std::optional(profile) : std::nullopt;
    };
    const auto write = [](const DeviceProfile& profile) {
        return nlohmann::json{{"device", profile.device}, {"float32", profile.float32},
            {"bfloat16", profile.bfloat16}, {"float32_planar", profile.float32Planar},
            {"bfloat16_planar", profile.bfloat16Planar}}
            .dump(1);
    };
    return base::keptInFile(
        file, read, [&] { return measureDevice(device); }, write);
}

DeviceProfile deviceProfile(c10::Device device)
{
    const std::string name = "device-" + device.str() + "-" + std::to_string(at::get_num_threads()) + ".json";
    return deviceProfile(device, base::cacheFolder() / name);
}

} // namespace reelmend::tensor
