#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/models/catalogue.h"
#include "core/models/denoiser.h"

namespace CLI {
class App;
}

namespace reelmend::cli {

// --device, --dtype, --threads: the same words for every subcommand that computes.
struct EngineOptions {
    std::string device = "auto";
    std::string dtype = "auto";
    int threads = 0; // 0 = all cores

    void addTo(CLI::App& app);
    // Sets the threads, opens the device. Throws base::Error(kUsage or kUnavailable).
    models::LoadOptions open() const;
};

// A model as the command line names it: a path, or "lite" for the bundled weights where no file has that name. Throws
// base::Error(kUnavailable) where they are not installed.
std::filesystem::path modelPath(const std::string& model);

// An autoencoder's folder or file, or the name of an architecture that is then made with seeded random weights where
// no file has that name: "wan2.1" (costs are those of the real one, values are not). Throws base::Error(kInput).
struct OpenedAutoencoder {
    models::Autoencoder model;
    std::string name; // of the file, or of the architecture
    bool isRandom = false;
};
OpenedAutoencoder openAutoencoder(const std::string& model, const models::LoadOptions& how);

// The encoder's features that latent encode stored as skip.0, skip.1, …, cut into the groups of the clip; none for a
// decoder that takes none. Throws base::Error(kInput) where they are missing or do not belong to the latents.
std::vector<models::Skips> storedSkips(const models::SafetensorsFile& file, const models::CausalDecoder& decoder,
    std::int64_t latents, const models::ReadOptions& how);

// The denoiser that `model`, an opened autoencoder's file, holds beside it. Throws base::Error(kUnavailable) where
// there is none.
std::unique_ptr<models::Denoiser> openDenoiser(const std::string& model, const models::LoadOptions& how);

// Seconds and peak bytes of a run, from its beginning to now.
class RunMeter {
public:
    RunMeter();
    // "seconds", "peak_bytes" (whole process) and, on a CUDA device, "device_peak_bytes".
    void addTo(nlohmann::json& report, c10::Device device) const;

private:
    double start_;
};

// "1,4,4" -> numbers. Throws base::Error(kUsage).
std::vector<std::int64_t> parseCounts(std::string_view text, std::string_view option);

} // namespace reelmend::cli
