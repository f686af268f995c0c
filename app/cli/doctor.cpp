#include <algorithm>
#include <memory>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/doctor_report.h"
#include "core/base/error.h"

namespace reelmend::cli {

namespace {

int examine(Output& output, bool asJson)
{
    Findings all;
    for (const auto check :
        {checkProgram, checkMachine, checkEngine, checkGpus, checkMedia, checkFonts, checkFolders}) {
        Findings found = check();
        all.insert(all.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    }
    if (asJson) {
        output.json(doctorJson(all));
    } else {
        output.line(doctorText(all));
    }
    const bool isBroken =
        std::any_of(all.begin(), all.end(), [](const Finding& f) { return f.status == Finding::Status::kBroken; });
    return isBroken ? base::exitCode(base::ErrorKind::kUnavailable) : 0;
}

} // namespace

void addDoctor(CLI::App& app, Chosen& chosen)
{
    auto asJson = std::make_shared<bool>(false);
    CLI::App* doctor = app.add_subcommand("doctor", "Check what this machine has and whether it works");
    doctor->add_flag("--json", *asJson, "One JSON object on standard output");
    doctor->callback([&chosen, asJson] {
        chosen.asJson = *asJson;
        chosen.run = [asJson](Output& output) { return examine(output, *asJson); };
    });
}

} // namespace reelmend::cli
