#include "core/jobs/job_folder.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/json_text.h"
#include "core/jobs/problem.h"

namespace reelmend::jobs {

namespace fs = std::filesystem;

namespace {

constexpr int kRequestVersion = 1;

std::string quoted(const fs::path& path)
{
    return "\"" + base::pathText(path) + "\"";
}

std::string newId()
{
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char when[32];
    std::strftime(when, sizeof when, "%Y%m%d-%H%M%S", &utc);
    char id[48];
    std::snprintf(id, sizeof id, "%s-%06x", when, std::random_device{}() & 0xFFFFFFu);
    return id;
}

std::string absoluteText(const std::string& path)
{
    return path.empty() ? path : base::pathText(fs::absolute(base::pathFromText(path)).lexically_normal());
}

nlohmann::json readEnvelope(const JobFolder& job, std::string_view wanted = {})
{
    std::optional<nlohmann::json> envelope = parseJson(base::readFile(job.requestFile(), 1 << 20));
    if (!envelope || !envelope->is_object() || !envelope->contains("request")) {
        throw base::Error(base::ErrorKind::kInput, "The job " + quoted(job.path()) + " cannot be read.",
            "Its request.json is not a job's request.", "Remove the job and start it again.");
    }
    if (integerMember(*envelope, "version", kRequestVersion) > kRequestVersion) {
        throw base::Error(base::ErrorKind::kInput, "The job " + quoted(job.path()) + " cannot be read.",
            "It was made by a newer version of Reelmend.", "Update Reelmend, or start the job again from the clip.");
    }
    if (const std::string kind = textMember(*envelope, "kind"); !wanted.empty() && kind != wanted) {
        throw base::Error(base::ErrorKind::kInput, "The job " + quoted(job.path()) + " cannot be run.",
            "Its kind, \"" + shortened(kind) + "\", is not known here.", "Update Reelmend.");
    }
    return std::move(*envelope);
}

} // namespace

bool isJobId(std::string_view text)
{
    constexpr std::string_view kForm = "dddddddd-dddddd-xxxxxx";
    if (text.size() != kForm.size()) {
        return false;
    }
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        const char c = text[i];
        const bool isDigit = c >= '0' && c <= '9';
        const bool isRight = kForm[i] == '-' ? c == '-' : isDigit || (kForm[i] == 'x' && c >= 'a' && c <= 'f');
        if (!isRight) {
            return false;
        }
    }
    return true;
}

fs::path JobFolder::standardRoot()
{
    fs::path root = base::dataFolder() / "jobs";
    base::makeFolder(root);
    return root;
}

JobFolder::JobFolder(fs::path path)
    : path_(std::move(path))
{}

JobFolder JobFolder::create(const fs::path& root, EnhanceRequest request)
{
    if (Problems problems = request.validate(); !problems.empty()) {
        throw RequestError(std::move(problems));
    }
    for (std::string* path : {&request.input, &request.output, &request.mask}) {
        *path = absoluteText(*path);
    }
    return createWith(
        root, indentedText({{"kind", "enhance"}, {"version", kRequestVersion}, {"request", toJson(request)}}));
}

JobFolder JobFolder::create(const fs::path& root, FineTuneRequest request)
{
    if (Problems problems = request.validate(); !problems.empty()) {
        throw RequestError(std::move(problems));
    }
    for (std::string& path : request.data) {
        path = absoluteText(path);
    }
    request.output = absoluteText(request.output);
    if (request.model != "lite") {
        request.model = absoluteText(request.model);
    }
    if (!request.promptEmbedding.empty()) {
        request.promptEmbedding = absoluteText(request.promptEmbedding);
    }
    return createWith(
        root, indentedText({{"kind", "finetune"}, {"version", kRequestVersion}, {"request", toJson(request)}}));
}

JobFolder JobFolder::createWith(const fs::path& root, const std::string& envelope)
{
    base::makeFolder(root);
    for (;;) {
        // Made under a name that list() passes over, then renamed: nobody sees a job without its request.
        const std::string id = newId();
        const fs::path unfinished = root / ("." + id);
        std::error_code code;
        if (!fs::create_directory(unfinished, code)) {
            if (code) {
                throw base::systemError(
                    base::ErrorKind::kOutput, "No job can be made in " + quoted(root) + ".", code.value());
            }
            continue;
        }
        try {
            base::writeFileAtomically(unfinished / "request.json", envelope);
        } catch (...) {
            fs::remove_all(unfinished, code);
            throw;
        }
        fs::rename(unfinished, root / id, code);
        if (!code) {
            return JobFolder(fs::absolute(root / id));
        }
        fs::remove_all(unfinished, code); // somebody drew the same six digits in the same second
    }
}

JobFolder JobFolder::open(const fs::path& folder)
{
    JobFolder job(fs::absolute(folder).lexically_normal());
    if (!job.path_.has_filename()) {
        job.path_ = job.path_.parent_path();
    }
    std::error_code code;
    if (!fs::is_regular_file(job.requestFile(), code)) {
        throw base::Error(base::ErrorKind::kInput, quoted(folder) + " is not a job.",
            fs::is_directory(folder, code) ? "The folder has no request.json." : "There is no such folder.",
            "Jobs are listed by: reelmend-cli jobs list");
    }
    return job;
}

JobFolder JobFolder::find(const fs::path& root, std::string_view id)
{
    std::error_code code;
    if (!isJobId(id) || !fs::is_regular_file(root / fs::path(id) / "request.json", code)) {
        throw base::Error(base::ErrorKind::kUsage, "There is no job \"" + shortened(id) + "\".",
            "It may have been removed.", "Jobs are listed by: reelmend-cli jobs list");
    }
    return open(root / fs::path(id));
}

std::vector<JobFolder> JobFolder::list(const fs::path& root)
{
    std::vector<JobFolder> jobs;
    std::error_code code;
    for (fs::directory_iterator entry(root, code), end; !code && entry != end; entry.increment(code)) {
        std::error_code ignored;
        if (isJobId(base::pathText(entry->path().filename())) &&
            fs::is_regular_file(entry->path() / "request.json", ignored)) {
            jobs.push_back(JobFolder(fs::absolute(entry->path())));
        }
    }
    std::sort(jobs.begin(), jobs.end(), [](const JobFolder& a, const JobFolder& b) { return a.id() > b.id(); });
    return jobs;
}

std::string JobFolder::id() const
{
    return base::pathText(path_.filename());
}

std::string JobFolder::createdText() const
{
    const std::string name = id();
    if (isJobId(name)) {
        return name.substr(0, 4) + "-" + name.substr(4, 2) + "-" + name.substr(6, 2) + "T" + name.substr(9, 2) + ":" +
               name.substr(11, 2) + ":" + name.substr(13, 2) + "Z";
    }
    std::error_code code;
    const auto written = fs::last_write_time(requestFile(), code);
    if (code) {
        return {};
    }
    const std::time_t seconds = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::file_clock::to_sys(written)));
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

std::string JobFolder::kind() const
{
    return textMember(readEnvelope(*this), "kind");
}

FineTuneRequest JobFolder::fineTuneRequest() const
{
    const nlohmann::json envelope = readEnvelope(*this, "finetune");
    Problems problems;
    FineTuneRequest request = fineTuneRequestFromJson(envelope["request"], problems);
    if (!problems.empty()) {
        throw RequestError(std::move(problems));
    }
    return request;
}

EnhanceRequest JobFolder::enhanceRequest() const
{
    const nlohmann::json envelope = readEnvelope(*this, "enhance");
    Problems problems;
    EnhanceRequest request = enhanceRequestFromJson(envelope["request"], problems);
    if (!problems.empty()) {
        throw RequestError(std::move(problems));
    }
    return request;
}

void JobFolder::forgetCommands(const JobLock&) const
{
    std::error_code code;
    fs::remove(controlFile(), code);
    if (code) {
        throw base::systemError(
            base::ErrorKind::kOutput, "The file " + quoted(controlFile()) + " cannot be removed.", code.value());
    }
}

void JobFolder::remove() const
{
    const std::optional<JobLock> lock = tryLock();
    if (!lock) {
        throw base::Error(
            base::ErrorKind::kUsage, "The job " + id() + " cannot be removed.", "It is running.", "Cancel it first.");
    }
    remove(*lock);
}

void JobFolder::remove(const JobLock&) const
{
    std::error_code code;
    fs::remove_all(path_, code);
    if (code) {
        throw base::systemError(
            base::ErrorKind::kOutput, "The folder " + quoted(path_) + " cannot be removed.", code.value());
    }
}

} // namespace reelmend::jobs
