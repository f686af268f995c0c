#include <string>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/clip_report.h"
#include "app/cli/command.h"
#include "app/cli/stop_signals.h"
#include "core/base/files.h"
#include "core/media/probe.h"

namespace reelmend::cli {

void addProbe(CLI::App& app, Chosen& chosen)
{
    struct Options {
        std::string path;
        bool asJson = false, checks = false, doesNotCheck = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* probe = app.add_subcommand("probe", "Say what a clip is: what its header claims and what is in it");
    probe->add_option("file", options->path, "A clip, a folder of numbered pictures, or name.%04d.png")->required();
    probe->add_flag("--json", options->asJson, "One JSON object on standard output");
    CLI::Option* check = probe->add_flag(
        "--check", options->checks, "Decode every frame to find damaged ones (by default only in short clips)");
    probe->add_flag("--no-check", options->doesNotCheck, "Read the index only")->excludes(check);
    probe->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) {
            base::Control control;
            const StopSignals signals(control, StopSignals::Leaves::kNothing);
            media::ProbeOptions probeOptions;
            probeOptions.control = &control;
            probeOptions.check = options->checks         ? media::DamageCheck::kAlways
                                 : options->doesNotCheck ? media::DamageCheck::kNever
                                                         : media::DamageCheck::kShort;
            const video::ClipInfo info = media::probe(base::pathFromText(options->path), probeOptions);
            if (options->asJson) {
                output.json(clipJson(info));
            } else {
                output.line(clipText(info));
            }
            return 0;
        };
    });
}

} // namespace reelmend::cli
