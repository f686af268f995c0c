#include "core/tensor/repeating.h"

#include <ATen/Context.h>
#include <c10/util/Exception.h>

#include <string_view>

namespace reelmend::tensor {

namespace {

bool speaksOfDeterminism(std::string_view text)
{
    return text.find("deterministic") != std::string_view::npos;
}

// LibTorch warns at every call of a kernel that cannot repeat itself; the others' warnings go where they went.
class Sieve final : public c10::WarningHandler {
public:
    explicit Sieve(c10::WarningHandler* next)
        : next_(next)
    {}
    void process(const c10::Warning& warning) override
    {
        if (!speaksOfDeterminism(warning.msg())) {
            next_->process(warning);
        }
    }

private:
    c10::WarningHandler* next_;
};

} // namespace

struct RepeatingScope::Before {
    Before()
        : sieve(c10::WarningUtils::get_warning_handler())
        , guard(&sieve)
    {}

    bool algorithms = at::globalContext().deterministicAlgorithms();
    bool warnOnly = at::globalContext().deterministicAlgorithmsWarnOnly();
    bool fill = at::globalContext().deterministicFillUninitializedMemory();
    bool cudnn = at::globalContext().deterministicCuDNN();
    bool benchmark = at::globalContext().benchmarkCuDNN();
    Sieve sieve;
    c10::WarningUtils::WarningHandlerGuard guard;
};

RepeatingScope::RepeatingScope(c10::Device device, Repeating how)
{
    if (!device.is_cuda()) {
        return;
    }
    before_ = std::make_unique<Before>();
    at::Context& context = at::globalContext();
    context.setDeterministicAlgorithms(true, how == Repeating::kWhereKnown);
    context.setDeterministicFillUninitializedMemory(false); // we never read what we have not written
    context.setDeterministicCuDNN(true);
    context.setBenchmarkCuDNN(false); // it picks by time, another one every day
}

RepeatingScope::~RepeatingScope()
{
    if (!before_) {
        return;
    }
    at::Context& context = at::globalContext();
    context.setDeterministicAlgorithms(before_->algorithms, before_->warnOnly);
    context.setDeterministicFillUninitializedMemory(before_->fill);
    context.setDeterministicCuDNN(before_->cudnn);
    context.setBenchmarkCuDNN(before_->benchmark);
}

bool isUnrepeatable(const std::exception& error)
{
    return speaksOfDeterminism(error.what());
}

} // namespace reelmend::tensor
