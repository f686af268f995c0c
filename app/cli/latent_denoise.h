#pragma once
#include "app/cli/command.h"

namespace CLI {
class App;
}

namespace reelmend::cli {

// `latent denoise`: one evaluation of a transformer that lies in files of its own.
void addLatentDenoise(CLI::App& latent, Chosen& chosen);

} // namespace reelmend::cli
