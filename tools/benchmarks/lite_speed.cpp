// How fast and how large a run of the bundled network is: one JSON object. reelmend-bench-lite [WxH] [groups]
// [threads]
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

#include <nlohmann/json.hpp>

#include "core/base/time.h"
#include "core/models/lite.h"

using namespace reelmend;

int main(int argc, char** argv)
{
    ::setenv("THP_MEM_ALLOC_ENABLE", "1", 0); // before LibTorch's first allocation
    int width = 1280, height = 720;
    if (argc > 1) {
        std::sscanf(argv[1], "%dx%d", &width, &height);
    }
    const int groups = argc > 2 ? std::atoi(argv[2]) : 4;
    const int threads = argc > 3 ? std::atoi(argv[3]) : 2;
    const bool wide = argc > 4; // any fourth argument: float32
    at::set_num_threads(threads);
    const at::NoGradGuard noGrad;
    models::LiteWeights weights;
    models::initialise(weights, 1);
    const auto dtype = wide ? at::kFloat : at::kBFloat16;
    const models::LiteWeights network = models::folded(weights, 0, 0.5, dtype);
    const std::int64_t rows = (height + 7) / 8 * 8, columns = (width + 7) / 8 * 8;
    const at::Tensor frames =
        at::rand({4, models::kLiteInputChannels, rows, columns}).contiguous(at::MemoryFormat::ChannelsLast);
    models::lite::PassCache cache;
    models::lite::pass(network, frames.narrow(0, 0, 1), 1, cache);
    double best = 1e9, total = 0, leastCpu = 1e9;
    for (int i = 0; i < groups; ++i) {
        const double start = base::monotonicSeconds();
        const std::clock_t cpu = std::clock();
        models::lite::pass(network, frames, 4, cache);
        const double seconds = base::monotonicSeconds() - start;
        best = std::min(best, seconds);
        leastCpu = std::min(leastCpu, static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
        total += seconds;
    }
    const auto cpuOf = [&](auto&& part) {
        double least = 1e9;
        for (int i = 0; i < groups; ++i) {
            const std::clock_t cpu = std::clock();
            part();
            least = std::min(least, static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
        }
        return least / 4;
    };
    models::lite::Encoded encoded;
    const double encoderCpu = cpuOf([&] { encoded = models::lite::encode(network, frames, 4, cache.encoder); });
    const double transformerCpu = cpuOf([&] { models::lite::velocity(network, encoded.latent, cache.transformer); });
    const double decoderCpu =
        cpuOf([&] { models::lite::decode(network, encoded.latent, encoded.skips, 4, cache.decoder); });
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto footprint = models::liteFootprint(network.config);
    const double cells = static_cast<double>(rows / 8 * (columns / 8));
    const double flops =
        cells * (footprint.encoder->steady.flops + footprint.decoder->steady.flops + footprint.denoiser->flops +
                    footprint.denoiser->attentionFlops * footprint.denoiser->attentionWindow);
    const nlohmann::json result{{"benchmark", "lite"}, {"width", width}, {"height", height}, {"threads", threads},
        {"dtype", wide ? "float32" : "bfloat16"},
        {"parameters", models::countParameters([&](const models::ParameterVisitor& v) { weights.visit(v); })},
        {"gflop_per_frame", flops / 4e9}, {"fps_best", 4 / best}, {"fps_mean", 4 * groups / total},
        {"cpu_seconds_per_frame", leastCpu / 4}, // comparable on a busy machine with one thread
        {"encoder_cpu_seconds_per_frame", encoderCpu}, {"transformer_cpu_seconds_per_frame", transformerCpu},
        {"decoder_cpu_seconds_per_frame", decoderCpu},
        {"peak_bytes", static_cast<std::int64_t>(usage.ru_maxrss) * 1024}};
    std::printf("%s\n", result.dump().c_str());
    return 0;
}
