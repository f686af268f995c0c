#include <unistd.h>

#include <csignal>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/serve_session.h"
#include "core/jobs/job_folder.h"
#include "core/runner/capabilities.h"

namespace reelmend::cli {

void addServe(CLI::App& app, Chosen& chosen)
{
    CLI::App* serve = app.add_subcommand("serve", "Start, watch and steer jobs over standard input and output");
    serve->footer("The protocol is described in docs/protocol.md. Jobs go on when the server ends.");
    serve->callback([&chosen] {
        chosen.asJson = true;
        chosen.run = [](Output& output) {
            ServeSession session(output, jobs::JobFolder::standardRoot());
            output.json({{"type", "hello"}, {"protocol", 1}, {"version", REELMEND_VERSION},
                {"capabilities", runner::capabilities()}});
            session.run(STDIN_FILENO);
            return 0;
        };
    });
}

} // namespace reelmend::cli
