#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/job_folder.h"
#include "core/jobs/problem.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::jobs;
namespace fs = std::filesystem;

namespace {

EnhanceRequest request()
{
    EnhanceRequest r;
    r.input = "/clips/日本語 é.mp4";
    r.output = "/clips/out.mp4";
    return r;
}

// Holds a job's lock in a process of its own until it is told to end.
class LockingProcess {
public:
    explicit LockingProcess(const JobFolder& job)
    {
        int ready[2];
        REQUIRE(::pipe(ready) == 0);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            const auto lock = job.tryLock();
            const char answer = lock ? 'y' : 'n';
            if (::write(ready[1], &answer, 1) == 1) {
                ::pause();
            }
            ::_exit(0);
        }
        ::close(ready[1]);
        char answer = 0;
        REQUIRE(::read(ready[0], &answer, 1) == 1);
        hasLock_ = answer == 'y';
        ::close(ready[0]);
    }
    ~LockingProcess() { kill(); }
    LockingProcess(const LockingProcess&) = delete;
    LockingProcess& operator=(const LockingProcess&) = delete;

    bool hasLock() const { return hasLock_; }
    void kill()
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            int status = 0;
            ::waitpid(pid_, &status, 0);
            pid_ = -1;
        }
    }

private:
    pid_t pid_ = -1;
    bool hasLock_ = false;
};

void writeText(const fs::path& file, const std::string& text)
{
    std::ofstream(file) << text;
}

} // namespace

TEST_CASE("a job folder is made with its request, found, listed and removed")
{
    const test::TemporaryFolder root;
    const JobFolder job = JobFolder::create(root.path(), request());
    CHECK(isJobId(job.id()));
    CHECK(job.kind() == "enhance");
    CHECK(job.enhanceRequest() == request());
    CHECK(JobFolder::find(root.path(), job.id()).path() == job.path());
    CHECK(JobFolder::open(job.path()).id() == job.id());
    CHECK(JobFolder::open(job.path() / "").id() == job.id());
    CHECK(job.createdText().size() == 20);
    CHECK(job.createdText().substr(0, 4) == job.id().substr(0, 4));
    job.remove();
    CHECK_FALSE(fs::exists(job.path()));
    CHECK(JobFolder::list(root.path()).empty());
}

TEST_CASE("jobs are listed newest first, strangers are not")
{
    const test::TemporaryFolder root;
    std::set<std::string> made;
    for (int i = 0; i < 5; ++i) {
        made.insert(JobFolder::create(root.path(), request()).id());
    }
    CHECK(made.size() == 5);
    fs::create_directories(root / "20200101-000000-abcdef");  // no request
    fs::create_directories(root / ".20200101-000000-abcdef"); // being made when the power failed
    writeText(root / "20200101-000000-000000", "a file");
    writeText(root / "notes.txt", "a file");
    fs::create_directories(root / "20200101-000000-00000a");
    writeText(root / "20200101-000000-00000a" / "request.json", "{}");
    const auto jobs = JobFolder::list(root.path());
    REQUIRE(jobs.size() == 6);
    CHECK(jobs.back().id() == "20200101-000000-00000a");
    for (std::size_t i = 1; i < jobs.size(); ++i) {
        CHECK(jobs[i - 1].id() > jobs[i].id());
    }
    CHECK(JobFolder::list(root / "missing").empty());
}

TEST_CASE("relative paths become absolute")
{
    const test::TemporaryFolder root;
    EnhanceRequest relative = request();
    relative.input = "clip.mp4";
    relative.output = "x/../out.mp4";
    const EnhanceRequest stored = JobFolder::create(root.path(), relative).enhanceRequest();
    CHECK(stored.input == base::pathText(fs::current_path() / "clip.mp4"));
    CHECK(stored.output == base::pathText(fs::current_path() / "out.mp4"));
    CHECK(stored.mask.empty());
}

TEST_CASE("a request that is wrong makes no folder")
{
    const test::TemporaryFolder root;
    EnhanceRequest wrong = request();
    wrong.scale = 3;
    wrong.strength = 2;
    try {
        JobFolder::create(root.path(), wrong);
        FAIL("it was accepted");
    } catch (const RequestError& error) {
        CHECK(error.problems().size() == 2);
    }
    CHECK(fs::is_empty(root.path()));
}

TEST_CASE("what is not a job is explained")
{
    const test::TemporaryFolder root;
    CHECK_THROWS_AS(JobFolder::open(root.path()), base::Error);
    CHECK_THROWS_AS(JobFolder::open(root / "missing"), base::Error);
    for (const char* id : {"", "..", "../..", "20200101-000000-abcdef", "20200101-000000-ABCDEF", "/etc",
             "20200101-000000-abcdeg", "20200101-000000-abcdef/..", "日本語"}) {
        CHECK_THROWS_AS(JobFolder::find(root.path(), id), base::Error);
    }
    const JobFolder job = JobFolder::create(root.path(), request());
    for (const char* text : {"", "{", "[]", "5", "{}", R"({"kind":"enhance"})", R"({"kind":"dance","request":{}})",
             R"({"kind":"enhance","version":99,"request":{}})", R"({"kind":"enhance","request":{"scale":"x"}})",
             R"({"kind":"enhance","version":1,"request":null})"}) {
        writeText(job.requestFile(), text);
        CHECK_THROWS_AS(job.enhanceRequest(), base::Error);
    }
}

TEST_CASE("one process at a time runs a job, and a killed one leaves the lock free")
{
    const test::TemporaryFolder root;
    const JobFolder job = JobFolder::create(root.path(), request());
    CHECK_FALSE(job.isLocked());
    LockingProcess runner(job);
    REQUIRE(runner.hasLock());
    CHECK(job.isLocked());
    CHECK_FALSE(job.tryLock());
    CHECK_THROWS_AS(job.remove(), base::Error);
    CHECK(fs::exists(job.requestFile()));
    runner.kill();
    CHECK_FALSE(job.isLocked());
    auto lock = job.tryLock();
    REQUIRE(lock);
    CHECK(job.isLocked());
    CHECK(base::readFile(job.lockFile()) == std::to_string(::getpid()) + "\n");
    CHECK_FALSE(LockingProcess(job).hasLock());
    lock.reset();
    CHECK_FALSE(job.isLocked());
    job.remove();
}
