// Any bytes as a file of torch.save: an error, or tensors that lie inside it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/models/pickle.h"
#include "core/models/pth_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace reelmend;
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    try {
        models::readPickle(file, "fuzz"); // without an archive around it, which is hard to guess
    } catch (const base::Error&) {
    }
    try {
        const auto header = models::parsePthHeader(file, "fuzz");
        for (const auto& tensor : header.tensors) {
            const auto bits = static_cast<std::uint64_t>(tensor.elements()) *
                              static_cast<std::uint64_t>(models::bitsOf(tensor.type));
            if (tensor.begin > tensor.end || tensor.end > size || bits != tensor.bytes() * 8) {
                std::abort();
            }
        }
    } catch (const base::Error&) {
    }
    return 0;
}
