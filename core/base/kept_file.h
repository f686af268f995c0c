#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/base/files.h"

namespace reelmend::base {

// What is costly to find out and stays true, kept in a file (of cacheFolder(), as a rule). `read` takes the file's
// text and gives the value, or none (or throws Error) where it is damaged or of something else: then, as where there
// is no file, `make` makes the value anew and `write` gives its text. A file that cannot be written only costs the
// making again. Throws what `make` throws.
template <class Read, class Make, class Write>
auto keptInFile(const std::filesystem::path& file, Read read, Make make, Write write) -> decltype(make())
{
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) {
        try {
            if (std::optional<decltype(make())> value = read(readFile(file))) {
                return *std::move(value);
            }
        } catch (const Error&) { // as if it were not there
        }
    }
    auto value = make();
    try {
        writeFileAtomically(file, write(value));
    } catch (const Error&) {
    }
    return value;
}

} // namespace reelmend::base
