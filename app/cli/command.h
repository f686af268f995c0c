#pragma once
#include <functional>
#include <string>

#include "app/cli/output.h"

namespace CLI {
class App;
}

namespace reelmend::cli {

// What the command line asked for. A subcommand's parser leaves its run function here; main calls it.
struct Chosen {
    std::function<int(Output&)> run; // returns the exit code; may throw base::Error and base::Cancelled
    bool asJson = false;             // errors are JSON too
};

// For an option that holds a seed: refuses what would be wrapped around or cut off. Returns the reason, or nothing.
std::string seedProblem(const std::string& text);

// Subcommands of the studio column, and of the engine column: each build has those whose column it has.
void addCompare(CLI::App& app, Chosen& chosen);
void addDoctor(CLI::App& app, Chosen& chosen);
void addEnhance(CLI::App& app, Chosen& chosen);
void addFineTune(CLI::App& app, Chosen& chosen);
void addJobs(CLI::App& app, Chosen& chosen);
void addProbe(CLI::App& app, Chosen& chosen);
void addRun(CLI::App& app, Chosen& chosen);
void addSample(CLI::App& app, Chosen& chosen);
void addServe(CLI::App& app, Chosen& chosen);

void addLatent(CLI::App& app, Chosen& chosen);
void addMeasure(CLI::App& app, Chosen& chosen);
void addModels(CLI::App& app, Chosen& chosen);
void addPlan(CLI::App& app, Chosen& chosen);
void addPrompt(CLI::App& app, Chosen& chosen);

} // namespace reelmend::cli
