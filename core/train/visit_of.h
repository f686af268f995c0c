#pragma once
#include "core/models/parameters.h"

namespace reelmend::train {

// A network as what adapters and optimizers ask for; it must outlive the function.
template <class Network> models::VisitFunction visitOf(Network& network)
{
    return [&network](const models::ParameterVisitor& visitor) { network.visit(visitor); };
}

} // namespace reelmend::train
