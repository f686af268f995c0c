#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <new>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "app/cli/command.h"
#include "core/base/error.h"

namespace reelmend::cli {

namespace {

bool mentionsJson(int count, char** arguments)
{
    for (int i = 1; i < count; ++i) {
        if (std::string_view(arguments[i]) == "--json") {
            return true;
        }
    }
    return false;
}

// What is wrong where a command is missing or unknown, and where to look.
base::Error commandError(const CLI::App& app, int count, char** arguments)
{
    const std::string first = count > 1 ? arguments[1] : "";
    const auto names = [](const CLI::App& of) {
        std::string text;
        for (const CLI::App* command : of.get_subcommands([](const CLI::App*) { return true; })) {
            text += (text.empty() ? "" : ", ") + command->get_name();
        }
        return text;
    };
    const std::vector<const CLI::App*> named =
        app.get_subcommands([&](const CLI::App* command) { return command->get_name() == first; });
    const CLI::App* chosen = named.empty() ? nullptr : named.front();
    const std::string what = "The command line cannot be understood.";
    if (chosen) {
        return {base::ErrorKind::kUsage, what, "The command " + first + " needs one of: " + names(*chosen) + ".",
            "See: reelmend-cli " + first + " --help"};
    }
    return {base::ErrorKind::kUsage, what,
        first.empty() || first.starts_with('-') ? std::string("No command is given.")
                                                : "There is no command \"" + first + "\".",
        "Choose one of: " + names(app) + ". See: reelmend-cli --help"};
}

// CLI11's message as a sentence.
std::string reasonOf(const CLI::ParseError& error)
{
    std::string text = error.what();
    if (const auto* mismatch = dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
        const std::string name = text.substr(0, text.find(':'));
        text = name + (std::string(mismatch->what()).find("At Most") != std::string::npos ? " is given more than once"
                                                                                          : " needs a value");
    } else if (dynamic_cast<const CLI::ConversionError*>(&error) && text.starts_with("Could not convert: ")) {
        text = "This value does not fit its option: " + text.substr(text.find(": ") + 2);
    }
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n')) {
        text.replace(at, 1, " ");
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '.')) {
        text.pop_back();
    }
    return text + ".";
}

int runChosen(Output& output, const Chosen& chosen)
{
    try {
        return chosen.run(output);
    } catch (const base::Cancelled&) {
        return base::kExitCancelled;
    } catch (const base::Error& error) {
        return reportError(output, chosen.asJson, error);
    } catch (const std::bad_alloc&) {
        return reportError(output, chosen.asJson,
            base::Error(base::ErrorKind::kOutOfMemory, "The command cannot go on.", "Memory ran out.",
                "Close other programs, or work on a smaller picture."));
    } catch (const std::exception& error) {
        return reportError(output, chosen.asJson,
            base::Error(base::ErrorKind::kFailed, "The command failed.", error.what(),
                "This is a fault of the program: report it with the command you used."));
    }
}

int main(int count, char** arguments)
{
    Output output;
    CLI::App app("Reelmend: local video enhancement", "reelmend-cli");
    app.set_version_flag("--version", std::string("reelmend-cli ") + REELMEND_VERSION);
    app.footer("Exit codes and every option: docs/command-line.md");
    app.require_subcommand(1);
    Chosen chosen;
#ifdef REELMEND_STUDIO
    addProbe(app, chosen);
    addEnhance(app, chosen);
    addFineTune(app, chosen);
    addCompare(app, chosen);
    addSample(app, chosen);
    addDoctor(app, chosen);
    addJobs(app, chosen);
    addRun(app, chosen);
    addServe(app, chosen);
#endif
#ifdef REELMEND_ENGINE
    addLatent(app, chosen);
    addMeasure(app, chosen);
    addModels(app, chosen);
    addPlan(app, chosen);
    addPrompt(app, chosen);
#endif
    try {
        app.parse(count, arguments);
    } catch (const CLI::CallForHelp&) {
        output.line(app.help());
        return 0;
    } catch (const CLI::CallForAllHelp&) {
        output.line(app.help("", CLI::AppFormatMode::All));
        return 0;
    } catch (const CLI::CallForVersion&) {
        output.line(app.version());
        return 0;
    } catch (const CLI::ParseError& error) {
        if (std::string_view(error.what()) == "A subcommand is required") {
            return reportError(output, mentionsJson(count, arguments), commandError(app, count, arguments));
        }
        return reportError(output, mentionsJson(count, arguments),
            base::Error(base::ErrorKind::kUsage, "The command line cannot be understood.", reasonOf(error),
                "See: reelmend-cli --help"));
    }
    const int code = runChosen(output, chosen);
    if (code == 0 && output.lostBecause() != 0) {
        return reportError(output, false,
            base::systemError(base::ErrorKind::kOutput, "The answer could not be printed.", output.lostBecause()));
    }
    return code;
}

} // namespace

std::string seedProblem(const std::string& text)
{
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    return code == std::errc() && stop == end ? std::string() : "\"" + text + "\" is not a whole number from 0 up.";
}

} // namespace reelmend::cli

namespace {

// Threads that wait for each other by spinning take the processor from decoding, encoding and everybody else: on two
// busy cores a run was ten times slower. OpenMP reads its environment when it is loaded, before main(), so the jobs'
// commands start themselves once more.
void restartWithPatientThreads(int count, char** arguments)
{
    constexpr std::string_view kComputing[] = {"enhance", "run", "finetune"};
    const std::string_view command = count > 1 ? arguments[1] : "";
    const bool computes = std::find(std::begin(kComputing), std::end(kComputing), command) != std::end(kComputing);
    if (computes && ::getenv("OMP_WAIT_POLICY") == nullptr && ::setenv("OMP_WAIT_POLICY", "passive", 1) == 0) {
        ::execv("/proc/self/exe", arguments); // comes back only where that cannot be done: then as it is
    }
}

} // namespace

int main(int count, char** arguments)
{
    restartWithPatientThreads(count, arguments);
    // Read by LibTorch at its first allocation: without it, every large tensor is faulted in page by page, each time.
    ::setenv("THP_MEM_ALLOC_ENABLE", "1", 0);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN); // a limit on file sizes is then an error like a full disk
    return reelmend::cli::main(count, arguments);
}
