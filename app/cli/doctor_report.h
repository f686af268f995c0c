#pragma once
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace reelmend::cli {

// One thing that was looked at.
struct Finding {
    enum class Status {
        kGood,
        kMissing, // not there; the program does without
        kBroken,  // should work here and does not
    };
    std::string group, name; // "LibTorch", "convolution float32"
    Status status = Status::kGood;
    std::string text; // what was found
    std::string hint; // what to do, when something is not good
};

using Findings = std::vector<Finding>;

Findings checkProgram();
Findings checkMachine(); // processor and memory
Findings checkEngine();  // LibTorch, and CUDA as LibTorch sees it
Findings checkGpus();    // as the driver sees them
Findings checkMedia();   // FFmpeg's codecs
Findings checkFonts();
Findings checkFolders();

nlohmann::json doctorJson(const Findings& findings);
std::string doctorText(const Findings& findings); // no line break at the end

} // namespace reelmend::cli
