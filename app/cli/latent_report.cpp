#include "app/cli/latent_report.h"

#include <ATen/ATen.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/time.h"
#include "core/tensor/device.h"

namespace reelmend::cli {

at::Tensor storable(const at::Tensor& tensor)
{
    return tensor.to(at::kCPU, tensor.scalar_type() == at::kDouble ? at::kDouble : at::kFloat).contiguous();
}

int writeLatents(Output& output, const std::string& out, bool asJson, const models::LoadOptions& how,
    const RunMeter& meter, const std::vector<double>& seconds, const models::NamedTensors& tensors,
    const std::map<std::string, std::string>& metadata)
{
    models::writeSafetensors(base::pathFromText(out), tensors, metadata);
    nlohmann::json report = {{"out", out}, {"device", how.device.str()}, {"dtype", tensor::dtypeText(how.dtype)}};
    meter.addTo(report, how.device);
    report["compute_seconds"] = *std::min_element(seconds.begin(), seconds.end());
    if (seconds.size() > 1) {
        report["compute_seconds_all"] = seconds;
    }
    for (const auto& [name, value] : tensors) {
        report["tensors"][name] = value.sizes().vec();
    }
    if (asJson) {
        output.json(report);
    } else {
        output.line("Wrote " + out + " in " + base::durationText(report["seconds"]) + ", peak memory " +
                    base::bytesText(report["peak_bytes"]) + ".");
    }
    return 0;
}

} // namespace reelmend::cli
