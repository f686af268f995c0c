#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// Files of one record a line that one process appends to while others read.
namespace reelmend::jobs {

// Appends whole lines. Every line is one write(), so a reader sees it whole or, after a crash, torn at the very end;
// such a rest is closed off with a line break before the next line. Not thread-safe.
class LineAppender {
public:
    explicit LineAppender(std::filesystem::path path); // creates the file; throws Error(kOutput or kDiskFull)
    ~LineAppender();
    LineAppender(const LineAppender&) = delete;
    LineAppender& operator=(const LineAppender&) = delete;

    void append(std::string line); // without line break; throws Error(kOutput or kDiskFull)

private:
    std::filesystem::path path_;
    int file_ = -1;
    bool isTorn_ = false;
};

// Reads lines as they come. A last line without line break is left for later; lines longer than kMaximumLine are
// skipped. A missing file has no lines yet. Not thread-safe.
class LineTail {
public:
    static constexpr std::size_t kMaximumLine = 1 << 20;

    explicit LineTail(std::filesystem::path path)
        : path_(std::move(path))
    {}

    // New complete lines since the last call, at most about `maximumBytes` of them: call again while it returns some.
    // Throws Error(kInput) when the file is there and cannot be read.
    std::vector<std::string> poll(std::size_t maximumBytes = 1 << 20);

    void skipTo(std::uint64_t offset); // of the first byte to look at; the rest of a line already begun is dropped
    std::string_view unfinished() const
    {
        return rest_;
    } // what stands after the last line break, as of the last poll

private:
    std::filesystem::path path_;
    std::uint64_t offset_ = 0; // of the first byte that was not yet read
    std::string rest_;
    bool isSkipping_ = false; // inside a line that is too long, or not seen from its start
};

} // namespace reelmend::jobs
