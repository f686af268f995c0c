#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <utility>

#include "core/base/error.h"
#include "core/perceptual/losses.h"

namespace reelmend::perceptual {

namespace {

constexpr std::array<std::pair<LossKind, std::string_view>, 15> kNames{{{LossKind::kMse, "mse"},
    {LossKind::kL1, "l1"}, {LossKind::kCharbonnier, "charbonnier"}, {LossKind::kSsim, "ssim"},
    {LossKind::kMsSsim, "ms-ssim"}, {LossKind::kLpips, "lpips"}, {LossKind::kFrameDifference, "frame-difference"},
    {LossKind::kWarp, "warp"}, {LossKind::kLpipsAlex, "lpips-alex"}, {LossKind::kLpipsVgg, "lpips-vgg"},
    {LossKind::kDists, "dists"}, {LossKind::kGram, "gram"}, {LossKind::kFocalFrequency, "focal-frequency"},
    {LossKind::kWavelet, "wavelet"}, {LossKind::kCensus, "census"}}};

std::string numberText(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
}

} // namespace

std::string_view lossName(LossKind kind)
{
    for (const auto& [known, name] : kNames) {
        if (known == kind) {
            return name;
        }
    }
    return {};
}

std::vector<LossTerm> parseLosses(std::string_view text)
{
    const auto fail = [&](const std::string& why) {
        std::string names;
        for (const auto& [kind, name] : kNames) {
            names += (names.empty() ? "" : ", ") + std::string(name);
        }
        throw base::Error(base::ErrorKind::kUsage, "The loss \"" + std::string(text) + "\" is not understood.", why,
            "Write terms like mse, 0.1*lpips or frame-difference@0.5, joined by +. Known are " + names + ".");
    };
    const auto number = [&](std::string_view part) {
        double value = 0;
        char rest = 0;
        if (std::sscanf(std::string(part).c_str(), "%lf%c", &value, &rest) != 1 || !std::isfinite(value)) {
            fail("\"" + std::string(part) + "\" is not a number.");
        }
        return value;
    };
    std::vector<LossTerm> terms;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        // A plus inside a number ("1e+3") belongs to it.
        std::size_t end = begin;
        while (
            end < text.size() &&
            (text[end] != '+' || (end > begin && (text[end - 1] == 'e' || text[end - 1] == 'E') && end > begin + 1 &&
                                     std::isdigit(static_cast<unsigned char>(text[end - 2]))))) {
            ++end;
        }
        std::string_view part = text.substr(begin, end - begin);
        LossTerm term;
        if (const auto star = part.find('*'); star != std::string_view::npos) {
            term.weight = number(part.substr(0, star));
            part.remove_prefix(star + 1);
        }
        if (const auto at = part.find('@'); at != std::string_view::npos) {
            term.share = number(part.substr(at + 1));
            part = part.substr(0, at);
        }
        const auto* found =
            std::find_if(kNames.begin(), kNames.end(), [&](const auto& n) { return n.second == part; });
        if (found == kNames.end()) {
            fail(part.empty() ? "A term is empty." : "\"" + std::string(part) + "\" is not a loss.");
        }
        term.kind = found->first;
        terms.push_back(term);
        begin = end + 1;
    }
    return terms;
}

std::string lossText(const std::vector<LossTerm>& terms)
{
    std::string text;
    for (const auto& term : terms) {
        text += text.empty() ? "" : "+";
        text += term.weight != 1 ? numberText(term.weight) + "*" : "";
        text += lossName(term.kind);
        text += term.share != 1 ? "@" + numberText(term.share) : "";
    }
    return text;
}

} // namespace reelmend::perceptual
