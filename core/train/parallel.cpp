#include "core/train/parallel.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "core/base/error.h"

namespace reelmend::train {

namespace {

[[noreturn]] void refuse(const std::string& why)
{
    throw base::Error(base::ErrorKind::kUsage, "The processes cannot find each other.", why,
        "Start them with torchrun --no-python or srun, which set these variables.");
}

int numberIn(const Environment& environment, const char* name, int fallback, int least, int most)
{
    const auto text = environment(name);
    if (!text) {
        return fallback;
    }
    int value = 0;
    const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (code != std::errc() || end != text->data() + text->size() || value < least || value > most) {
        refuse(std::string(name) + " is \"" + *text + "\", which is no number from " + std::to_string(least) +
               " to " + std::to_string(most) + ".");
    }
    return value;
}

ParallelPlace torchrunPlace(const Environment& environment)
{
    ParallelPlace place;
    place.size = numberIn(environment, "WORLD_SIZE", 1, 1, 100'000);
    place.rank = numberIn(environment, "RANK", 0, 0, place.size - 1);
    place.localRank = numberIn(environment, "LOCAL_RANK", 0, 0, 1024);
    place.localSize = numberIn(environment, "LOCAL_WORLD_SIZE", 1, 1, 1024);
    place.host = environment("MASTER_ADDR").value_or("127.0.0.1");
    place.port = numberIn(environment, "MASTER_PORT", 29500, 1, 65535);
    place.agentStore = environment("TORCHELASTIC_USE_AGENT_STORE").value_or("") == "True";
    place.attempt = numberIn(environment, "TORCHELASTIC_RESTART_COUNT", 0, 0, 1'000'000);
    return place;
}

ParallelPlace slurmPlace(const Environment& environment)
{
    constexpr int kFirstPort = 20'000, kPorts = 10'000;
    ParallelPlace place;
    place.size = numberIn(environment, "SLURM_NTASKS", 1, 1, 100'000);
    place.rank = numberIn(environment, "SLURM_PROCID", 0, 0, place.size - 1);
    place.localRank = numberIn(environment, "SLURM_LOCALID", 0, 0, 1024);
    place.localSize = numberIn(environment, "SLURM_NTASKS_PER_NODE", 1, 1, 1024);
    const auto nodes = environment("SLURM_JOB_NODELIST");
    place.host = nodes ? firstHost(*nodes) : environment("SLURM_LAUNCH_NODE_IPADDR").value_or("127.0.0.1");
    place.port = kFirstPort + numberIn(environment, "SLURM_JOB_ID", 0, 0, 2'000'000'000) % kPorts;
    return place;
}

} // namespace

Environment processEnvironment()
{
    return [](std::string_view name) -> std::optional<std::string> {
        const char* value = std::getenv(std::string(name).c_str());
        return value && *value ? std::optional<std::string>(value) : std::nullopt;
    };
}

std::optional<ParallelPlace> parallelPlace(const Environment& environment)
{
    std::optional<ParallelPlace> place;
    if (environment("RANK") && environment("WORLD_SIZE")) {
        place = torchrunPlace(environment);
    } else if (environment("SLURM_PROCID") && environment("SLURM_NTASKS")) {
        place = slurmPlace(environment);
    }
    if (!place || place->size == 1) {
        return std::nullopt;
    }
    place->storeFile = environment("REELMEND_STORE_FILE").value_or("");
    return place;
}

std::string firstHost(std::string_view nodeList)
{
    const std::size_t open = nodeList.find('['), comma = nodeList.find(',');
    if (open == std::string_view::npos || comma < open) {
        return std::string(nodeList.substr(0, comma));
    }
    const std::size_t close = nodeList.find(']', open);
    if (close == std::string_view::npos) {
        refuse("The list of machines \"" + std::string(nodeList) + "\" has no end.");
    }
    const std::string_view inside = nodeList.substr(open + 1, close - open - 1);
    const std::string_view rest = nodeList.substr(close + 1);
    return std::string(nodeList.substr(0, open)) + std::string(inside.substr(0, inside.find_first_of(",-"))) +
           std::string(rest.substr(0, rest.find(',')));
}

std::string ParallelGroup::broadcastText(const std::string& text)
{
    const at::Tensor length = at::scalar_tensor(static_cast<std::int64_t>(text.size()), at::kLong).view({1});
    broadcast({length});
    at::Tensor bytes = at::zeros({std::max<std::int64_t>(1, length.item<std::int64_t>())}, at::kByte);
    if (rank() == 0) {
        std::memcpy(bytes.data_ptr(), text.data(), text.size());
    }
    broadcast({bytes});
    const auto* begin = static_cast<const char*>(bytes.data_ptr());
    return std::string(begin, static_cast<std::size_t>(length.item<std::int64_t>()));
}

bool ParallelGroup::anyone(bool mine)
{
    const at::Tensor count = at::full({1}, mine ? 1.0 : 0.0, at::kFloat);
    sum({count});
    return count.item<double>() > 0;
}

} // namespace reelmend::train
