#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/compare_scores.h"
#include "app/cli/output.h"

namespace reelmend::cli {

// What was compared with what, for the report.
struct ComparedClips {
    std::string a, b; // as they were named
    std::int64_t framesA = 0, framesB = 0;
    base::FrameRange range;   // of A's frames
    std::int64_t offset = 0;  // frame i of A is compared with frame i + offset of B
    std::string offsetReason; // why it is not 0; empty: because it was asked for
    std::string mask;         // empty = none
    bool isMaskInside = true;
};

// Takes the scores of every pair and writes them: as a table for people, JSON lines or CSV.
class CompareReport {
public:
    enum class Form { kText, kJson, kCsv };
    CompareReport(Output& output, Form form, bool everyFrame, ComparedClips clips, std::vector<ScoreName> names);

    void add(std::int64_t frame, const PairScores& scores);
    void finish();

private:
    struct Total {
        double sum = 0;
        std::int64_t count = 0; // frames with something to measure
        double worst = 0;
        std::int64_t worstFrame = -1;
    };
    void writeJson(std::int64_t frame, const PairScores& scores);
    void finishText();
    void finishJson();
    std::string note() const;

    Output& output_;
    Form form_;
    bool everyFrame_;
    ComparedClips clips_;
    std::vector<ScoreName> names_;
    std::vector<Total> totals_;
    std::int64_t frames_ = 0, equalFrames_ = 0;
};

} // namespace reelmend::cli
