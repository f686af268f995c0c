#include <doctest/doctest.h>

#include "core/base/files.h"
#include "core/runner/file_fingerprint.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using reelmend::runner::fingerprint;

TEST_CASE("a fingerprint changes with the file, the folder's files, or the pattern's")
{
    const test::TemporaryFolder folder;
    base::writeFileAtomically(folder / "clip.mp4", "one");
    const std::string before = fingerprint(folder / "clip.mp4");
    CHECK(fingerprint(folder / "clip.mp4") == before);
    base::writeFileAtomically(folder / "clip.mp4", "one more");
    CHECK(fingerprint(folder / "clip.mp4") != before);
    CHECK(fingerprint(folder / "missing.mp4") == fingerprint(folder / "missing.mp4"));

    std::filesystem::create_directories(folder / "pictures");
    base::writeFileAtomically(folder / "pictures/a.0001.png", "x");
    const std::string asFolder = fingerprint(folder / "pictures");
    const std::string asPattern = fingerprint(folder / "pictures/a.%04d.png");
    base::writeFileAtomically(folder / "pictures/a.0002.png", "y");
    CHECK(fingerprint(folder / "pictures") != asFolder);
    CHECK(fingerprint(folder / "pictures/a.%04d.png") != asPattern);
}
