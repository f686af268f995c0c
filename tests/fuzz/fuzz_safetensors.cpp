// Any bytes as a safetensors file: an error, or a header whose tensors lie inside the data and fill it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/error.h"
#include "core/models/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace reelmend;
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    try {
        const auto header = models::parseSafetensorsHeader(file, size, "fuzz");
        std::uint64_t covered = 0;
        for (const auto& tensor : header.tensors) {
            if (tensor.begin != covered || header.dataOffset + tensor.end > size ||
                static_cast<std::uint64_t>(tensor.elements()) *
                        static_cast<std::uint64_t>(models::bitsOf(tensor.type)) !=
                    tensor.bytes() * 8) {
                std::abort();
            }
            covered = tensor.end;
        }
    } catch (const base::Error&) {
    }
    return 0;
}
