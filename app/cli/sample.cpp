#include "app/cli/command.h"

namespace reelmend::cli {

void addSample(CLI::App&, Chosen&) {}

} // namespace reelmend::cli
