#include <dlfcn.h>

#include <string>

#include "app/cli/doctor_report.h"
#include "core/base/time.h"

namespace reelmend::cli {

using Status = Finding::Status;

namespace {

// The few declarations of NVIDIA's management library that are needed; its header is not part of any free package.
// Its functions return 0 for success.
using NvmlDevice = void*;
struct NvmlMemory {
    unsigned long long total, free, used;
};

class Nvml {
public:
    Nvml()
        : library_(::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL))
    {
        if (!library_) {
            const char* why = ::dlerror();
            problem_ = why ? why : "it cannot be opened";
            return;
        }
        const auto begin = function<int (*)()>("nvmlInit_v2");
        const int code = begin ? begin() : -1;
        isReady_ = code == 0;
        if (!isReady_) {
            problem_ = "its driver does not answer (code " + std::to_string(code) + ")";
        }
    }
    ~Nvml()
    {
        if (isReady_) {
            if (const auto end = function<int (*)()>("nvmlShutdown")) {
                end();
            }
        }
        if (library_) {
            ::dlclose(library_);
        }
    }
    Nvml(const Nvml&) = delete;
    Nvml& operator=(const Nvml&) = delete;

    bool isThere() const { return library_ != nullptr; }
    bool isReady() const { return isReady_; }
    const std::string& problem() const { return problem_; }

    std::string driver() const
    {
        char text[96] = "";
        const auto ask = function<int (*)(char*, unsigned)>("nvmlSystemGetDriverVersion");
        return ask && ask(text, sizeof text) == 0 ? text : "unknown";
    }

    unsigned count() const
    {
        unsigned number = 0;
        const auto ask = function<int (*)(unsigned*)>("nvmlDeviceGetCount_v2");
        return ask && ask(&number) == 0 ? number : 0;
    }

    std::string describe(unsigned index) const
    {
        const auto get = function<int (*)(unsigned, NvmlDevice*)>("nvmlDeviceGetHandleByIndex_v2");
        NvmlDevice device = nullptr;
        if (!get || get(index, &device) != 0) {
            return {};
        }
        char name[96] = "";
        if (const auto ask = function<int (*)(NvmlDevice, char*, unsigned)>("nvmlDeviceGetName")) {
            ask(device, name, sizeof name);
        }
        NvmlMemory memory{};
        const auto ask = function<int (*)(NvmlDevice, NvmlMemory*)>("nvmlDeviceGetMemoryInfo");
        if (!ask || ask(device, &memory) != 0) {
            return name;
        }
        return std::string(name) + ", " + base::bytesText(static_cast<double>(memory.total)) + ", " +
               base::bytesText(static_cast<double>(memory.free)) + " free";
    }

private:
    template <class Function> Function function(const char* name) const
    {
        return reinterpret_cast<Function>(::dlsym(library_, name));
    }

    void* library_ = nullptr;
    bool isReady_ = false;
    std::string problem_;
};

} // namespace

Findings checkGpus()
{
    const Nvml nvml;
    if (!nvml.isThere()) {
        return {{"GPU", "NVIDIA driver", Status::kMissing, "none (" + nvml.problem() + ")",
            "Without an NVIDIA GPU nothing is needed. With one, install NVIDIA's driver."}};
    }
    if (!nvml.isReady()) {
        return {{"GPU", "NVIDIA driver", Status::kBroken, nvml.problem(),
            "Restart the machine after updating the driver, or install it again."}};
    }
    Findings findings{{"GPU", "NVIDIA driver", Status::kGood, nvml.driver(), {}}};
    for (unsigned i = 0; i < nvml.count(); ++i) {
        const std::string text = nvml.describe(i);
        findings.push_back({"GPU", "cuda:" + std::to_string(i), text.empty() ? Status::kBroken : Status::kGood,
            text.empty() ? "the driver does not describe it" : text,
            text.empty() ? "Check the card with nvidia-smi." : ""});
    }
    return findings;
}

} // namespace reelmend::cli
