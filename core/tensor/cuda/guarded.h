#pragma once
#include <exception>
#include <string>

namespace reelmend::tensor::cuda {

// Null, or what `work` threw; the text is good until this thread's next call of the same kind.
template <class Work> const char* guarded(const Work& work)
{
    thread_local std::string problem;
    try {
        work();
        return nullptr;
    } catch (const std::exception& error) {
        problem = error.what();
    }
    return problem.c_str();
}

} // namespace reelmend::tensor::cuda
