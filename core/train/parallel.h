#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Data parallel training: one process per device, the same weights in all, each with its own share of every step's
// batches. Who starts the processes is torchrun's or SLURM's business; this reads what they put into the environment.
namespace reelmend::train {

// A process's place among all.
struct ParallelPlace {
    int rank = 0, size = 1;
    int localRank = 0; // on its machine: which device it takes
    int localSize = 1; // processes on its machine
    std::string host;  // where the processes meet (rank 0's machine)
    int port = 0;
    bool agentStore = false; // torchrun's own process is the meeting place
    int attempt = 0;         // torchrun's count of restarts
    std::string storeFile;   // meet in this file instead (a shared disk)
};

// The value of an environment variable, or none.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment processEnvironment();

// From torchrun (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT), else from srun (SLURM_PROCID, SLURM_NTASKS,
// SLURM_LOCALID, SLURM_JOB_NODELIST or SLURM_LAUNCH_NODE_IPADDR, a port made from SLURM_JOB_ID);
// REELMEND_STORE_FILE names a file to meet in. None for a process on its own. Throws base::Error(kUsage) for values
// that make no sense.
std::optional<ParallelPlace> parallelPlace(const Environment& environment);

// The first host of a SLURM list: "node[03-07,12],other" -> "node03".
std::string firstHost(std::string_view nodeList);

class ParallelGroup {
public:
    virtual ~ParallelGroup() = default;

    // Meets the others. Tensors in main memory go over Gloo. Those on `device`, this process's, go over NCCL where
    // all processes have a card of their own and a program with NCCL, else over Gloo by way of main memory. Throws
    // base::Error(kUnavailable) where this program was built without Gloo, or nobody came within half an hour.
    static std::unique_ptr<ParallelGroup> join(const ParallelPlace& place, c10::Device device = c10::kCPU);

    virtual int rank() const = 0;
    virtual int size() const = 0;

    // Each tensor becomes the sum of it over all processes. Every process calls with tensors of the same sizes, all
    // in main memory or all on its device.
    virtual void sum(const std::vector<at::Tensor>& tensors) = 0;
    virtual void broadcast(const std::vector<at::Tensor>& tensors) = 0; // rank 0's
    std::string broadcastText(const std::string& text);                 // rank 0's
    bool anyone(bool mine);                                             // true when it is in any process
};

} // namespace reelmend::train
