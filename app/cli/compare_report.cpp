#include "app/cli/compare_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

namespace reelmend::cli {

namespace {

// Equal pictures have no finite PSNR; a mean over frames needs one.
constexpr double kEqualDecibel = 100;

double finite(const ScoreName& name, double value)
{
    return name.unit == "dB" ? std::min(value, kEqualDecibel) : value;
}

std::string number(const char* format, double value)
{
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string valueText(const ScoreName& name, double value)
{
    return std::isnan(value) ? "-" : number(name.unit == "dB" ? "%.2f" : "%.4f", value);
}

std::string padded(std::string text, std::size_t width)
{
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

constexpr std::size_t kColumn = 11;

} // namespace

CompareReport::CompareReport(
    Output& output, Form form, bool everyFrame, ComparedClips clips, std::vector<ScoreName> names)
    : output_(output)
    , form_(form)
    , everyFrame_(everyFrame)
    , clips_(std::move(clips))
    , names_(std::move(names))
    , totals_(names_.size())
{
    std::string head = form_ == Form::kCsv ? "frame,frame_b,equal" : padded("frame", kColumn);
    for (const ScoreName& name : names_) {
        head += form_ == Form::kCsv ? "," + name.name : padded(name.name, kColumn);
    }
    if (form_ == Form::kCsv || (form_ == Form::kText && everyFrame_)) {
        output_.line(head);
    }
}

void CompareReport::add(std::int64_t frame, const PairScores& scores)
{
    ++frames_;
    equalFrames_ += scores.isEqual ? 1 : 0;
    PairScores shown = scores;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        const double value = shown.values[i] = finite(names_[i], scores.values[i]);
        if (std::isnan(value)) {
            continue;
        }
        Total& total = totals_[i];
        const bool isWorse = names_[i].isHigherBetter ? value < total.worst : value > total.worst;
        if (total.count == 0 || isWorse) {
            total.worst = value;
            total.worstFrame = frame;
        }
        total.sum += value;
        ++total.count;
    }
    if (form_ == Form::kJson) {
        writeJson(frame, shown);
    } else if (form_ == Form::kCsv) {
        std::string line =
            std::to_string(frame) + "," + std::to_string(frame + clips_.offset) + "," + (scores.isEqual ? "1" : "0");
        for (const double value : shown.values) {
            line += "," + (std::isnan(value) ? std::string() : number("%.9g", value));
        }
        output_.line(line);
    } else if (everyFrame_) {
        std::string line = padded(std::to_string(frame), kColumn);
        for (std::size_t i = 0; i < names_.size(); ++i) {
            line += padded(valueText(names_[i], shown.values[i]), kColumn);
        }
        output_.line(line);
    }
}

void CompareReport::writeJson(std::int64_t frame, const PairScores& scores)
{
    nlohmann::json line{{"frame", frame}, {"frameB", frame + clips_.offset}, {"equal", scores.isEqual}};
    for (std::size_t i = 0; i < names_.size(); ++i) {
        line[names_[i].name] = std::isnan(scores.values[i]) ? nlohmann::json() : nlohmann::json(scores.values[i]);
    }
    output_.json(line);
}

void CompareReport::finish()
{
    if (form_ == Form::kJson) {
        finishJson();
    } else if (form_ == Form::kCsv) {
        std::string line = "mean,," + std::to_string(equalFrames_);
        for (const Total& total : totals_) {
            line += "," + (total.count > 0 ? number("%.9g", total.sum / static_cast<double>(total.count)) : "");
        }
        output_.line(line);
    } else {
        finishText();
    }
}

// What is not as one might take for granted, in one sentence each.
std::string CompareReport::note() const
{
    std::string text;
    const auto say = [&text](const std::string& sentence) { text += (text.empty() ? "" : " ") + sentence; };
    if (clips_.framesA != clips_.framesB) {
        say("The first clip has " + std::to_string(clips_.framesA) + " frames, the second " +
            std::to_string(clips_.framesB) + ".");
    }
    if (clips_.offset != 0) {
        say("Frame n of the first is compared with frame n" + std::string(clips_.offset > 0 ? " + " : " - ") +
            std::to_string(std::abs(clips_.offset)) + " of the second" +
            (clips_.offsetReason.empty() ? "." : ": " + clips_.offsetReason + "."));
    }
    if (clips_.range.size() != clips_.framesA || clips_.framesA != clips_.framesB) {
        say("Frames " + std::to_string(clips_.range.begin) + " to " + std::to_string(clips_.range.end - 1) +
            " of the first were compared.");
    }
    if (!clips_.mask.empty()) {
        say(std::string("Only what is ") + (clips_.isMaskInside ? "inside" : "outside") + " the mask counts.");
    }
    return text;
}

void CompareReport::finishText()
{
    if (everyFrame_) {
        output_.line("");
    }
    if (const std::string said = note(); !said.empty()) {
        output_.line(said);
    }
    output_.line("frames    " + std::to_string(frames_) + " compared, " + std::to_string(equalFrames_) + " equal");
    for (std::size_t i = 0; i < names_.size(); ++i) {
        const ScoreName& name = names_[i];
        const Total& total = totals_[i];
        std::string line = name.title + std::string(name.title.size() < 10 ? 10 - name.title.size() : 1, ' ');
        if (total.count == 0) {
            output_.line(line + (clips_.mask.empty() ? "needs two frames" : "nothing to measure inside the mask"));
            continue;
        }
        const std::string unit = name.unit.empty() ? "" : " " + name.unit;
        line += valueText(name, total.sum / static_cast<double>(total.count)) + unit + " mean, " +
                valueText(name, total.worst) + unit + " at worst (frame " + std::to_string(total.worstFrame) + ")";
        if (name.unit == "dB" && equalFrames_ > 0) {
            line += "; equal frames count as 100 dB";
        }
        output_.line(line);
    }
}

void CompareReport::finishJson()
{
    nlohmann::json last{{"a", clips_.a}, {"b", clips_.b}, {"frames", frames_}, {"framesA", clips_.framesA},
        {"framesB", clips_.framesB}, {"range", {clips_.range.begin, clips_.range.end}}, {"offset", clips_.offset},
        {"equalFrames", equalFrames_}, {"worst", nlohmann::json::object()}};
    if (!clips_.mask.empty()) {
        last["mask"] = {{"file", clips_.mask}, {"side", clips_.isMaskInside ? "in" : "out"}};
    }
    for (std::size_t i = 0; i < names_.size(); ++i) {
        const Total& total = totals_[i];
        if (total.count == 0) {
            last[names_[i].name] = nullptr;
            continue;
        }
        last[names_[i].name] = total.sum / static_cast<double>(total.count);
        last["worst"][names_[i].name] = {{"value", total.worst}, {"frame", total.worstFrame}};
    }
    if (const std::string said = note(); !said.empty()) {
        last["note"] = said;
    }
    output_.json(last);
}

} // namespace reelmend::cli
