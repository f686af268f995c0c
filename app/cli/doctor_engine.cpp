#include <cstdio>

#include "app/cli/doctor_report.h"
#include "core/tensor/device_check.h"

namespace reelmend::cli {

using Status = Finding::Status;

namespace {

Finding convolutionFinding(const tensor::ConvolutionCheck& check)
{
    Finding finding{"LibTorch", "conv2d " + check.precision, Status::kGood, {}, {}};
    char text[128];
    if (!check.wasRun) {
        finding.status = Status::kMissing;
        finding.text = "this processor has no instructions for it";
        finding.hint = "float32 is used instead.";
    } else if (!check.problem.empty()) {
        finding.status = Status::kBroken;
        finding.text = check.problem;
        finding.hint = "Install LibTorch again: remove .deps and run tools/setup.sh";
    } else {
        std::snprintf(text, sizeof text, "%.0f GFLOP/s (64->64 on 4x180x320), largest error %.1e", check.gigaflops,
            check.largestError);
        finding.text = text;
        if (!check.isRight) {
            finding.status = Status::kBroken;
            finding.text += ": wrong values";
            finding.hint = "Do not trust results of this machine. Install LibTorch again; if that does not help, "
                           "check the memory.";
        }
    }
    return finding;
}

} // namespace

Findings checkEngine()
{
    const tensor::LibTorchCheck check = tensor::checkLibTorch();
    Findings findings{{"LibTorch", "version", Status::kGood,
        check.version + ", " + std::to_string(check.threads) + " threads, oneDNN " + (check.hasOneDnn ? "yes" : "no"),
        {}}};
    for (const tensor::ConvolutionCheck& convolution : check.convolutions) {
        findings.push_back(convolutionFinding(convolution));
    }
    if (check.cudaProblem.empty()) {
        findings.push_back({"LibTorch", "CUDA", Status::kGood,
            std::to_string(check.cudaDevices) + (check.cudaDevices == 1 ? " device" : " devices"), {}});
    } else {
        findings.push_back({"LibTorch", "CUDA", Status::kMissing, check.cudaProblem,
            "Without an NVIDIA GPU nothing is needed. With one, run tools/setup.sh --torch full"});
    }
    return findings;
}

} // namespace reelmend::cli
