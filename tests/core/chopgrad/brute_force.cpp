#include "tests/core/chopgrad/brute_force.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

namespace reelmend::test {

namespace {

void addTo(at::Tensor& sum, const at::Tensor& part)
{
    if (part.defined()) {
        sum = sum.defined() ? sum + part : part;
    }
}

} // namespace

BruteForce bruteForce(const RandomDecoder& decoder, const chopgrad::ClipLatents& clip,
    const std::function<at::Tensor(const at::Tensor& frames)>& clipLoss)
{
    c10::AutoGradMode gradient(true);
    const auto spans = chopgrad::groupsOf(decoder, clip);
    std::vector<std::unique_ptr<RandomDecoder>> decoders;
    std::vector<std::vector<at::Tensor>> leaves;
    std::vector<at::Tensor> frames;
    BruteForce result;
    models::DecoderCache cache = clip.entering;
    for (std::size_t group = 0; group < spans.size(); ++group) {
        auto& own = leaves.emplace_back();
        own.push_back(clip.latents.narrow(2, spans[group].latents.begin, spans[group].latents.size())
                          .detach()
                          .clone()
                          .requires_grad_(true));
        if (!clip.skips.empty()) {
            for (const auto& skip : clip.skips[group]) {
                own.push_back(skip.detach().clone().requires_grad_(true));
            }
        }
        result.inputs = own.size();
        decoders.push_back(decoder.clone());
        auto step = decoders.back()->decode(own[0], {own.begin() + 1, own.end()}, cache);
        decoders.back()->visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
            if (tensor.defined() && tensor.requires_grad()) {
                own.push_back(tensor);
            }
        });
        cache = step.cache;
        frames.push_back(step.frames);
    }
    result.frames = at::cat(frames, 2).detach();
    const at::Tensor leaf = result.frames.clone().requires_grad_(true);
    const at::Tensor loss = clipLoss(leaf);
    result.loss = loss.item<double>();
    const at::Tensor u = torch::autograd::grad({loss}, {leaf})[0];

    std::vector<at::Tensor> all;
    for (const auto& own : leaves) {
        all.insert(all.end(), own.begin(), own.end());
    }
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const auto found = torch::autograd::grad(
            {frames[i]}, all, {u.narrow(2, spans[i].frames.begin, spans[i].frames.size())}, true, false, true);
        auto& row = result.g.emplace_back();
        std::size_t next = 0;
        for (const auto& own : leaves) {
            row.emplace_back(
                found.begin() + static_cast<long>(next), found.begin() + static_cast<long>(next + own.size()));
            next += own.size();
        }
    }
    return result;
}

at::Tensor BruteForce::latents(const Counted& counted) const
{
    std::vector<at::Tensor> groups(g.size());
    for (std::size_t i = 0; i < g.size(); ++i) {
        for (std::size_t j = 0; j < g.size(); ++j) {
            if (counted(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j))) {
                addTo(groups[j], g[i][j][0]);
            }
        }
    }
    for (std::size_t j = 0; j < g.size(); ++j) {
        groups[j] = groups[j].defined() ? groups[j] : at::zeros_like(g[j][j][0]);
    }
    return at::cat(groups, 2);
}

at::Tensor BruteForce::skip(std::int64_t group, std::size_t level, const Counted& counted) const
{
    at::Tensor sum;
    const auto j = static_cast<std::size_t>(group);
    for (std::size_t i = 0; i < g.size(); ++i) {
        if (counted(static_cast<std::int64_t>(i), group)) {
            addTo(sum, g[i][j][1 + level]);
        }
    }
    return sum;
}

at::Tensor BruteForce::parameter(std::size_t index, const Counted& counted) const
{
    at::Tensor sum;
    for (std::size_t i = 0; i < g.size(); ++i) {
        for (std::size_t j = 0; j < g.size(); ++j) {
            if (counted(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j))) {
                addTo(sum, g[i][j][inputs + index]);
            }
        }
    }
    return sum;
}

} // namespace reelmend::test
