#pragma once
#include <string>
#include <vector>

namespace reelmend::cli {

// A chart of lines as an SVG file: for documents and reports, readable on light and dark ground.
struct ChartLine {
    std::string name;
    std::vector<std::pair<double, double>> points; // not finite, or not positive on a logarithmic axis: left out
};

struct Chart {
    std::string title, xLabel, yLabel;
    bool logarithmic = false; // the y axis
    std::vector<ChartLine> lines;
};

// Axis numbers are round; every line ends in a dot beside its name in the legend.
std::string svgText(const Chart& chart);

} // namespace reelmend::cli
