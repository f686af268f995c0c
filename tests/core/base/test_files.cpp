#include <doctest/doctest.h>

#include <unistd.h>

#include <fstream>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/support/test_support.h"

using namespace reelmend::base;
namespace fs = std::filesystem;

namespace {

int filesIn(const fs::path& folder)
{
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) {
        ++count;
    }
    return count;
}

} // namespace

TEST_CASE("an atomic write replaces the whole file and leaves nothing else")
{
    const reelmend::test::TemporaryFolder folder;
    const fs::path file = folder / "é settings.json";
    writeFileAtomically(file, "old text, longer than the new");
    writeFileAtomically(file, "new");
    CHECK(readFile(file) == "new");
    CHECK(filesIn(folder.path()) == 1);
}

TEST_CASE("a part file that is not committed disappears and the target stays")
{
    const reelmend::test::TemporaryFolder folder;
    const fs::path target = folder / "clip.mp4";
    writeFileAtomically(target, "before");
    {
        const PartFile part(target);
        CHECK(part.path().extension() == ".mp4");
        std::ofstream(part.path()) << "half";
        CHECK(filesIn(folder.path()) == 2);
    }
    CHECK(readFile(target) == "before");
    CHECK(filesIn(folder.path()) == 1);
}

TEST_CASE("a file gets a second name in the place of another file")
{
    const reelmend::test::TemporaryFolder folder;
    const fs::path from = folder / "plate é.0001.png", to = folder / "result.0007.png";
    writeFileAtomically(from, "picture");
    writeFileAtomically(to, "what was there before");
    fs::create_hard_link(to, folder / "other name of what was there");
    linkOrCopy(from, to);
    CHECK(readFile(to) == "picture");
    CHECK(readFile(from) == "picture");
    CHECK(readFile(folder / "other name of what was there") == "what was there before");
    linkOrCopy(from, to); // again, as after a restart
    CHECK(filesIn(folder.path()) == 3);

    // Replacing one name leaves the file under the other.
    writeFileAtomically(from, "new");
    CHECK(readFile(to) == "picture");
}

TEST_CASE("where no second name can be given, the file that is there stays")
{
    const reelmend::test::TemporaryFolder folder;
    writeFileAtomically(folder / "kept", "before");
    CHECK_THROWS_AS(linkOrCopy(folder / "missing", folder / "kept"), Error);
    CHECK(readFile(folder / "kept") == "before");
    CHECK_THROWS_AS(linkOrCopy(folder / "kept", folder / "no such folder/name"), Error);
    CHECK(filesIn(folder.path()) == 1);
}

TEST_CASE("what cannot be written or read is explained")
{
    const reelmend::test::TemporaryFolder folder;
    CHECK_THROWS_AS(writeFileAtomically(folder / "no such folder/file", "x"), Error);
    CHECK_THROWS_AS(readFile(folder / "missing"), Error);
    writeFileAtomically(folder / "large", std::string(100, 'x'));
    CHECK_THROWS_AS(readFile(folder / "large", 99), Error);
    CHECK_THROWS_AS(makeFolder(folder / "large/below a file"), Error);
}

TEST_CASE("links and spellings of one file are the same file")
{
    const reelmend::test::TemporaryFolder folder;
    writeFileAtomically(folder / "a", "x");
    fs::create_symlink(folder / "a", folder / "b");
    CHECK(isSameFile(folder / "a", folder / "b"));
    CHECK_FALSE(isSameFile(folder / "a", folder / "missing"));
}

TEST_CASE("paths keep every letter as UTF-8")
{
    CHECK(pathText(pathFromText("日本語 é.mov")) == "日本語 é.mov");
    CHECK(freeDiskBytes("/no/such/folder") > 0);
}
