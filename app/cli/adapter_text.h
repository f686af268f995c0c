#pragma once
#include <string>

namespace reelmend::cli {

// "FILE.safetensors" or "FILE.safetensors:STRENGTH" of the command line.
struct AdapterText {
    std::string file;
    double strength = 1;
    std::string problem; // of the strength, a sentence; empty = none
};
AdapterText parseAdapter(const std::string& text);

} // namespace reelmend::cli
