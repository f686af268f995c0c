#include <doctest/doctest.h>

#include <cerrno>

#include "core/base/error.h"

using namespace reelmend::base;

TEST_CASE("every kind has its own name and exit code, and names read back")
{
    for (int code = 1; code <= 7; ++code) {
        const auto kind = static_cast<ErrorKind>(code);
        CHECK(exitCode(kind) == code);
        CHECK(kindFromName(kindName(kind)) == kind);
    }
    CHECK(kindFromName("no such kind") == ErrorKind::kFailed);
}

TEST_CASE("system errors become sentences with a way out")
{
    const Error full = systemError(ErrorKind::kOutput, "The file cannot be written.", ENOSPC);
    CHECK(full.kind() == ErrorKind::kDiskFull);
    CHECK(!full.hint().empty());
    const Error missing = systemError(ErrorKind::kInput, "The file cannot be read.", ENOENT);
    CHECK(missing.kind() == ErrorKind::kInput);
    CHECK(std::string(missing.what()) == missing.message() + " " + missing.why() + " " + missing.hint());
}
