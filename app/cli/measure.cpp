#include "app/cli/measure.h"

#include <memory>

#include <CLI/App.hpp>

#include "app/cli/command.h"

namespace reelmend::cli {

namespace {

struct Kind {
    const char* name;
    const char* text;
    int (*run)(Output&, const MeasureOptions&);
};
constexpr Kind kKinds[] = {
    {"memory", "Peak memory and time of gradient steps", measureMemory},
    {"gradient", "A gradient written to a file, or its error at every D", measureGradient},
    {"influence", "How fast a loss's gradient decays with the distance in time", measureInfluence},
    {"locality", "How far a loss's gradient spreads over the picture", measureLocality},
};

void addOptions(CLI::App& app, MeasureOptions& o, const std::string& kind)
{
    app.add_option("--model", o.model, "An autoencoder's folder or file, or wan2.1 for its shape with random weights")
        ->required();
    app.add_option("--frames", o.frames, "Frame counts: n,n,…")->capture_default_str();
    app.add_option("--size", o.sizes, "Frame sizes: WxH,WxH,…")->capture_default_str();
    app.add_option("--mode", o.modes, "latent-only, chop, exact, full, checkpoint, framewise")->capture_default_str();
    app.add_option("--distance", o.distances, "Truncation distances D of chop: n,n,…")->capture_default_str();
    app.add_option("--form", o.forms, "Of chop: sliding, recomputing, delayed")->capture_default_str();
    app.add_option("--interval", o.interval, "Of chop: losses that are swept together")->capture_default_str();
    app.add_option("--store", o.stores, "Where exact and recomputing chop keep caches: device, host, disk, recompute")
        ->capture_default_str();
    app.add_option("--every", o.recomputeEvery, "Of --store recompute: every n-th cache is kept; 0 = square root");
    app.add_option("--kept-graphs", o.keptGraphs, "Of exact: graphs of the first pass that are kept");
    app.add_option("--tiles", o.tiles, "Grids of picture parts: columns x rows, 2x2 or 2x2+halo (latent cells)")
        ->capture_default_str();
    app.add_option("--ops", o.operators, "lean or stock (LibTorch's own operators)")->capture_default_str();
    app.add_option(
           "--wrt", o.with, "Gradients with respect to: latent, decoder (its weights too), denoiser (its weights)")
        ->capture_default_str();
    app.add_option(
        "--denoiser", o.denoiser, "For --wrt denoiser: its file or folder, where the model has none itself");
    app.add_option("--loss", o.loss, "Terms like mse or charbonnier+0.1*lpips")->capture_default_str();
    app.add_option("--lpips", o.lpips, "The weights of lpips, a safetensors file");
    app.add_option("--seed", o.seed, "Of random latents and targets")->capture_default_str();
    app.add_option("--disk-folder", o.folder, "Where --store disk writes; default: the system's temporary folder");
    app.add_option("--repeat", o.repeat, "Runs of each case: minimum, median and maximum are told")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_flag("--json", o.asJson, "One JSON object per line, the last one the result");
    app.add_flag("--csv", o.asCsv, "Comma-separated values with a header");
    app.add_option("--chart", o.chart, "Draw the result into an SVG file");
    if (kind == "memory") {
        app.add_flag("--predict", o.predict, "Calibrate the memory plan first and tell its prediction beside");
    } else {
        app.add_option("--in", o.in, "A safetensors file with z and target instead of random ones");
    }
    if (kind == "gradient") {
        app.add_option("--out", o.out, "Write the gradient with respect to z to this safetensors file");
    }
    if (kind == "influence") {
        app.add_option("--tolerance", o.tolerance, "For the D that is suggested")->capture_default_str();
    }
    o.engine.addTo(app);
}

} // namespace

void addMeasure(CLI::App& app, Chosen& chosen)
{
    CLI::App* measure = app.add_subcommand("measure", "Measure gradients through a decoder: what they cost and keep");
    measure->require_subcommand(1);
    for (const Kind& kind : kKinds) {
        auto options = std::make_shared<MeasureOptions>();
        CLI::App* part = measure->add_subcommand(kind.name, kind.text);
        addOptions(*part, *options, kind.name);
        part->callback([&chosen, options, run = kind.run] {
            chosen.asJson = options->asJson;
            chosen.run = [options, run](Output& output) { return run(output, *options); };
        });
    }
}

} // namespace reelmend::cli
