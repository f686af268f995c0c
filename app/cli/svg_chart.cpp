#include "app/cli/svg_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace reelmend::cli {

namespace {

constexpr double kWidth = 860, kHeight = 480, kLeft = 84, kTop = 48, kRight = 610, kBottom = 420;
// Okabe and Ito's colours: told apart by everybody.
constexpr std::array<const char*, 8> kColours{
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c564b", "#666666"};

std::string number(double value)
{
    char text[40];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text) {
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    }
    return out;
}

struct Axis {
    double low = 0, high = 1;
    bool logarithmic = false;
    std::vector<double> ticks;

    double place(double value) const // 0 to 1
    {
        return logarithmic ? (std::log10(value) - std::log10(low)) / (std::log10(high) - std::log10(low))
                           : (value - low) / (high - low);
    }
};

Axis linearAxis(double low, double high, bool fromZero)
{
    Axis axis;
    if (fromZero) {
        low = std::min(low, 0.0);
    }
    if (!(high > low)) {
        high = low + 1;
    }
    const double raw = (high - low) / 5, power = std::pow(10, std::floor(std::log10(raw)));
    double step = power;
    for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
        step = factor * power;
        if (step >= raw) {
            break;
        }
    }
    axis.low = std::floor(low / step) * step;
    axis.high = std::ceil(high / step) * step;
    for (int i = 0; axis.low + i * step <= axis.high + step / 2; ++i) {
        axis.ticks.push_back(axis.low + i * step);
    }
    return axis;
}

Axis logarithmicAxis(double low, double high)
{
    Axis axis;
    axis.logarithmic = true;
    const double first = std::floor(std::log10(low)), last = std::max(std::ceil(std::log10(high)), first + 1);
    axis.low = std::pow(10, first);
    axis.high = std::pow(10, last);
    const double step = std::max(1.0, std::ceil((last - first) / 8));
    for (double exponent = first; exponent <= last; exponent += step) {
        axis.ticks.push_back(std::pow(10, exponent));
    }
    return axis;
}

std::string text(double x, double y, const std::string& words, const char* anchor, const char* more = "")
{
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\"" + more + ">" +
           escaped(words) + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2)
{
    return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) +
           "\" class=\"grid\"/>\n";
}

} // namespace

std::string svgText(const Chart& chart)
{
    const auto isShown = [&](const std::pair<double, double>& p) {
        return std::isfinite(p.first) && std::isfinite(p.second) && (!chart.logarithmic || p.second > 0);
    };
    constexpr double kNone = std::numeric_limits<double>::infinity();
    double lowX = kNone, highX = -kNone, lowY = kNone, highY = -kNone;
    for (const auto& series : chart.lines) {
        for (const auto& point : series.points) {
            if (isShown(point)) {
                lowX = std::min(lowX, point.first);
                highX = std::max(highX, point.first);
                lowY = std::min(lowY, point.second);
                highY = std::max(highY, point.second);
            }
        }
    }
    if (lowX > highX) {
        lowX = lowY = chart.logarithmic ? 1 : 0;
        highX = highY = 1;
    }
    const Axis x = linearAxis(lowX, highX, true);
    const Axis y = chart.logarithmic ? logarithmicAxis(lowY, highY) : linearAxis(lowY, highY, true);
    const auto placeX = [&](double value) { return kLeft + x.place(value) * (kRight - kLeft); };
    const auto placeY = [&](double value) { return kBottom - y.place(value) * (kBottom - kTop); };

    std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(kWidth) + " " +
                      number(kHeight) +
                      "\" font-family=\"Inter, sans-serif\" font-size=\"13\">\n"
                      "<style>text{fill:#333}.grid{stroke:#8884;stroke-width:1}@media (prefers-color-scheme:dark)"
                      "{text{fill:#ddd}}</style>\n";
    svg += text(kLeft, 26, chart.title, "start", " font-weight=\"600\" font-size=\"15\"");
    for (const double tick : x.ticks) {
        svg += line(placeX(tick), kTop, placeX(tick), kBottom);
        svg += text(placeX(tick), kBottom + 20, number(tick), "middle");
    }
    for (const double tick : y.ticks) {
        svg += line(kLeft, placeY(tick), kRight, placeY(tick));
        svg +=
            text(kLeft - 8, placeY(tick) + 4, number(std::abs(tick) < 1e-12 && !chart.logarithmic ? 0 : tick), "end");
    }
    svg += text((kLeft + kRight) / 2, kBottom + 44, chart.xLabel, "middle");
    svg += text(0, 0, chart.yLabel, "middle",
        (" transform=\"translate(20 " + number((kTop + kBottom) / 2) + ") rotate(-90)\"").c_str());
    for (std::size_t i = 0; i < chart.lines.size(); ++i) {
        const std::string colour = kColours[i % kColours.size()];
        // Beyond the eighth line the colours begin again, dashed.
        const std::string dashes = i < kColours.size() ? "" : " stroke-dasharray=\"6 4\"";
        auto points = chart.lines[i].points;
        points.erase(
            std::remove_if(points.begin(), points.end(), [&](const auto& p) { return !isShown(p); }), points.end());
        std::sort(points.begin(), points.end());
        std::string path, dots;
        for (const auto& [px, py] : points) {
            const std::string place = number(placeX(px)) + "," + number(placeY(py));
            path += (path.empty() ? "M" : " L") + place;
            dots += "<circle cx=\"" + number(placeX(px)) + "\" cy=\"" + number(placeY(py)) + "\" r=\"3\" fill=\"" +
                    colour + "\"/>\n";
        }
        if (!path.empty()) {
            svg += "<path d=\"" + path + "\" fill=\"none\" stroke-width=\"2\" stroke=\"" + colour + "\"" + dashes +
                   "/>\n" + dots;
        }
        const double legend = kTop + 12 + 20 * static_cast<double>(i);
        svg += "<path d=\"M" + number(kRight + 18) + "," + number(legend - 4) +
               " h22\" stroke-width=\"2\" stroke=\"" + colour + "\"" + dashes + "/>\n";
        svg += text(kRight + 48, legend, chart.lines[i].name, "start");
    }
    return svg + "</svg>\n";
}

} // namespace reelmend::cli
