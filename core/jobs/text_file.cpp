#include "core/jobs/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"

namespace reelmend::jobs {

namespace {

std::string cannot(const std::filesystem::path& path, const char* what)
{
    return "The file \"" + base::pathText(path) + "\" cannot be " + what + ".";
}

bool endsInsideLine(int file)
{
    struct stat info {};
    char last = '\n';
    return ::fstat(file, &info) == 0 && info.st_size > 0 && ::pread(file, &last, 1, info.st_size - 1) == 1 &&
           last != '\n';
}

} // namespace

LineAppender::LineAppender(std::filesystem::path path)
    : path_(std::move(path))
    , file_(::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644))
{
    if (file_ < 0) {
        throw base::systemError(base::ErrorKind::kOutput, cannot(path_, "written"), errno);
    }
    isTorn_ = endsInsideLine(file_);
}

LineAppender::~LineAppender()
{
    ::close(file_);
}

void LineAppender::append(std::string line)
{
    std::replace(line.begin(), line.end(), '\n', ' ');
    line = (isTorn_ ? "\n" : "") + std::move(line) + "\n";
    std::string_view left = line;
    while (!left.empty()) {
        const ssize_t written = ::write(file_, left.data(), left.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            const int reason = errno;
            isTorn_ = endsInsideLine(file_);
            throw base::systemError(base::ErrorKind::kOutput, cannot(path_, "written"), reason);
        }
        left.remove_prefix(static_cast<std::size_t>(written));
    }
    isTorn_ = false;
}

void LineTail::skipTo(std::uint64_t offset)
{
    offset_ = offset;
    rest_.clear();
    isSkipping_ = offset > 0;
}

std::vector<std::string> LineTail::poll(std::size_t maximumBytes)
{
    std::vector<std::string> lines;
    const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return lines;
        }
        throw base::systemError(base::ErrorKind::kInput, cannot(path_, "read"), errno);
    }
    char block[1 << 16];
    std::size_t total = 0;
    while (total < maximumBytes || lines.empty()) {
        const ssize_t got = ::pread(file, block, sizeof block, static_cast<off_t>(offset_));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            const int reason = errno;
            ::close(file);
            throw base::systemError(base::ErrorKind::kInput, cannot(path_, "read"), reason);
        }
        if (got == 0) {
            break;
        }
        offset_ += static_cast<std::uint64_t>(got);
        total += static_cast<std::size_t>(got);
        std::string_view bytes(block, static_cast<std::size_t>(got));
        for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
            if (!isSkipping_ && rest_.size() + end <= kMaximumLine) {
                rest_.append(bytes.substr(0, end));
                lines.push_back(std::move(rest_));
            }
            rest_.clear();
            isSkipping_ = false;
            bytes.remove_prefix(end + 1);
        }
        if (!isSkipping_) {
            rest_.append(bytes);
        }
        if (rest_.size() > kMaximumLine) {
            rest_.clear();
            isSkipping_ = true;
        }
    }
    ::close(file);
    return lines;
}

} // namespace reelmend::jobs
