// Any bytes as the index of a sharded checkpoint: an error, or file names without folders.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/error.h"
#include "core/models/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace reelmend;
    try {
        const auto index = models::parseShardIndex({reinterpret_cast<const char*>(data), size}, "fuzz");
        for (const auto& [tensor, file] : index.files) {
            if (file.empty() || file == ".." || file.find('/') != file.npos) {
                std::abort();
            }
        }
    } catch (const base::Error&) {
    }
    return 0;
}
