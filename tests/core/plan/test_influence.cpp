#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/plan/influence.h"

using namespace reelmend;
using namespace reelmend::plan;

namespace {

std::vector<double> decaying(double c, double alpha, int count)
{
    std::vector<double> values;
    for (int k = 0; k < count; ++k) {
        values.push_back(c * std::exp(-alpha * k));
    }
    return values;
}

} // namespace

TEST_CASE("an exponential is found again, also with gaps, and the paper's numbers follow")
{
    auto values = decaying(0.0140, 0.68, 12);
    values[4] = 0;
    values[7] = std::numeric_limits<double>::quiet_NaN();
    const auto fit = fitInfluence(values);
    REQUIRE(fit);
    CHECK(fit->alpha == doctest::Approx(0.68));
    CHECK(fit->c == doctest::Approx(0.0140));
    CHECK(fit->points == 10);
    // D >= ln(C / epsilon) / alpha
    CHECK(suggestedDistance(*fit, 0.02) == 0);
    CHECK(suggestedDistance(*fit, 0.001) == static_cast<int>(std::ceil(std::log(14.0) / 0.68)));
    CHECK(!fitInfluence({1}));
    CHECK(!fitInfluence({1, 0, 0}));
}

TEST_CASE("where nothing decays no distance is suggested")
{
    const auto fit = fitInfluence({1, 1.1, 1.3});
    REQUIRE(fit);
    CHECK(!fit->decays());
    CHECK(!suggestedDistance(*fit, 0.5));
    CHECK(std::isinf(relativeBias({1, 1.1, 1.3}, {1, 2, 3}, *fit, 2)));
}

TEST_CASE("the bias bound is the tail over the norm's lower bound")
{
    // n_k = 2^-k, all in one direction: the gradient of distance D has the norm 2 - 2^-D, the tail is 2^-D.
    const auto influence = decaying(1, std::log(2.0), 6);
    std::vector<double> sums;
    for (int d = 0; d < 6; ++d) {
        sums.push_back(2 - std::pow(0.5, d));
    }
    const auto fit = fitInfluence(influence);
    REQUIRE(fit);
    const double lower = 2 - 2 * std::pow(0.5, 5); // at the last measured distance: 2 - 1/32 - 1/32
    CHECK(relativeBias(influence, sums, *fit, 3) == doctest::Approx(std::pow(0.5, 3) / lower));
    CHECK(relativeBias(influence, sums, *fit, 8) == doctest::Approx(std::pow(0.5, 8) / lower));
    CHECK(distanceForBias(influence, sums, *fit, 0.1, 10) == 3);
    CHECK(!distanceForBias(influence, sums, *fit, 1e-9, 10));
}

TEST_CASE("D stays, grows in equal stretches, or follows the measurement within bounds")
{
    CHECK(parseDistanceSchedule("2").at(12345) == 2);
    const auto growing = parseDistanceSchedule("0..2@600");
    CHECK(growing.at(0) == 0);
    CHECK(growing.at(199) == 0);
    CHECK(growing.at(200) == 1);
    CHECK(growing.at(599) == 2);
    CHECK(growing.at(100000) == 2);
    CHECK(parseDistanceSchedule("3..1@3").at(1) == 2);
    const auto adaptive = parseDistanceSchedule("adaptive:1..3@50,0.2");
    CHECK(adaptive.probesAt(0));
    CHECK(!adaptive.probesAt(49));
    CHECK(adaptive.probesAt(50));
    CHECK(!growing.probesAt(0));
    CHECK(adaptive.at(0) == 1);
    CHECK(adaptive.at(10, 0) == 1);
    CHECK(adaptive.at(10, 2) == 2);
    CHECK(adaptive.at(10, 9) == 3);
    for (const char* text : {"2", "0..2@600", "adaptive:1..3@50,0.2"}) {
        CHECK(distanceScheduleText(parseDistanceSchedule(text)) == text);
    }
    for (const char* text :
        {"", "-1", "1.5", "0..2", "0..2@0", "adaptive:3..1@50,0.2", "adaptive:0..2@5,0", "much", "2000"}) {
        CHECK_THROWS_AS(parseDistanceSchedule(text), base::Error);
    }
}
