#include "app/cli/measure_options.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"

namespace reelmend::cli {

namespace {

base::Error badOption(const std::string& option, const std::string& value, const std::string& hint)
{
    return {base::ErrorKind::kUsage, "The option " + option + " cannot be understood.",
        "\"" + value + "\" is none of its values.", hint};
}

std::int64_t wholeNumber(std::string_view text, const std::string& option, std::int64_t least)
{
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > 1'000'000) {
        throw badOption(option, std::string(text),
            "Write whole numbers of at least " + std::to_string(least) + ", several with commas.");
    }
    return value;
}

constexpr std::pair<const char*, chopgrad::Variables> kVariables[] = {{"latent", chopgrad::Variables::kLatents},
    {"decoder", chopgrad::Variables::kDecoder}, {"denoiser", chopgrad::Variables::kDenoiser}};

std::vector<plan::TileGrid> tileGrids(const std::string& text)
{
    std::vector<plan::TileGrid> grids;
    for (const auto& part : splitList(text)) {
        plan::TileGrid grid;
        const auto plus = part.find('+');
        const auto [columns, rows] = parseSize(part.substr(0, plus));
        grid.columns = static_cast<int>(columns);
        grid.rows = static_cast<int>(rows);
        if (plus != part.npos) {
            grid.haloCells = static_cast<int>(wholeNumber(part.substr(plus + 1), "--tiles", 0));
        }
        grids.push_back(grid);
    }
    return grids;
}

template <class Value>
std::vector<Value> named(const std::string& text, const std::string& option,
    std::optional<Value> (*parse)(std::string_view), const char* all)
{
    std::vector<Value> values;
    for (const auto& part : splitList(text)) {
        const auto value = parse(part);
        if (!value) {
            throw badOption(option, part, std::string("Choose among ") + all + ".");
        }
        values.push_back(*value);
    }
    return values;
}

// Field by field with dots: {"seconds": {"median": 1}} -> seconds.median.
void flatten(
    const nlohmann::json& value, const std::string& name, std::vector<std::pair<std::string, std::string>>& out)
{
    if (value.is_object()) {
        for (const auto& [key, inner] : value.items()) {
            flatten(inner, name.empty() ? key : name + "." + key, out);
        }
        return;
    }
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (text.find_first_of(",\"\n") != text.npos) {
        std::string quoted = "\"";
        for (const char c : text) {
            quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
        }
        text = quoted + "\"";
    }
    out.emplace_back(name, std::move(text));
}

} // namespace

MeasuredModel openMeasured(
    const std::string& model, const EngineOptions& engine, chopgrad::Variables variables, const std::string& denoiser)
{
    MeasuredModel opened;
    models::LoadOptions how = engine.open();
    if (engine.dtype == "auto") {
        how.dtype = at::kFloat;
    }
    how.randomWhereListed = true;
    opened.options = at::TensorOptions(how.device).dtype(how.dtype);
    how.encoder = false;
    OpenedAutoencoder autoencoder = openAutoencoder(model, how);
    opened.name = autoencoder.name;
    opened.isRandom = autoencoder.isRandom;
    opened.decoder = std::move(autoencoder.model.decoder);
    if (!opened.decoder) {
        throw base::Error(base::ErrorKind::kInput, "\"" + opened.name + "\" has nothing to measure.",
            "It holds no decoder.", "Choose a whole autoencoder.");
    }
    if (opened.decoder->traits().skipLevels > 0) {
        how.encoder = true;
        how.decoder = false;
        opened.encoder = openAutoencoder(model, how).model.encoder;
    }
    if (variables == chopgrad::Variables::kDenoiser) {
        opened.denoiser =
            denoiser.empty() ? openDenoiser(model, how) : models::loadDenoiser(base::pathFromText(denoiser), how);
    }
    return opened;
}

std::pair<std::int64_t, std::int64_t> parseSize(std::string_view text)
{
    const auto cross = text.find('x');
    if (cross == text.npos) {
        throw badOption("--size", std::string(text), "Write width x height without spaces, for example 128x64.");
    }
    return {wholeNumber(text.substr(0, cross), "--size", 1), wholeNumber(text.substr(cross + 1), "--size", 1)};
}

std::vector<std::string> splitList(std::string_view text)
{
    std::vector<std::string> parts;
    while (true) {
        const auto comma = text.find(',');
        parts.emplace_back(text.substr(0, comma));
        if (comma == text.npos) {
            return parts;
        }
        text = text.substr(comma + 1);
    }
}

std::vector<int> MeasureOptions::distanceList() const
{
    std::vector<int> list;
    for (const auto& part : splitList(distances)) {
        list.push_back(static_cast<int>(wholeNumber(part, "--distance", 0)));
    }
    return list;
}

std::vector<plan::GradientSchedule> MeasureOptions::schedules() const
{
    const auto modeList = named<plan::GradientMode>(
        modes, "--mode", plan::modeFromName, "latent-only, chop, exact, full, checkpoint and framewise");
    const auto formList =
        named<plan::ChopForm>(forms, "--form", plan::formFromName, "sliding, recomputing and delayed");
    const auto storeList =
        named<plan::CacheStore>(stores, "--store", plan::storeFromName, "device, host, disk and recompute");
    std::vector<plan::GradientSchedule> all;
    const auto push = [&](plan::GradientSchedule schedule) {
        if (const std::string problem = schedule.problem(); !problem.empty()) {
            throw base::Error(base::ErrorKind::kUsage, "The gradient cannot be computed that way.", problem,
                "reelmend-cli measure --help lists the options.");
        }
        if (std::find(all.begin(), all.end(), schedule) == all.end()) {
            all.push_back(schedule);
        }
    };
    for (const auto& grid : tileGrids(tiles)) {
        for (const auto mode : modeList) {
            plan::GradientSchedule schedule;
            schedule.mode = mode;
            const bool canTile = mode == plan::GradientMode::kChop || mode == plan::GradientMode::kExact;
            schedule.tiles = canTile ? grid : plan::TileGrid();
            if (mode == plan::GradientMode::kChop) {
                schedule.interval = interval;
                for (const int distance : distanceList()) {
                    for (const auto form : formList) {
                        schedule.distance = distance;
                        schedule.form = form;
                        for (const auto store : storeList) {
                            schedule.store = form == plan::ChopForm::kRecomputing ? store : plan::CacheStore::kDevice;
                            push(schedule);
                        }
                    }
                }
            } else if (mode == plan::GradientMode::kExact) {
                schedule.recomputeEvery = recomputeEvery;
                schedule.keptGraphs = keptGraphs;
                for (const auto store : storeList) {
                    schedule.store = store;
                    push(schedule);
                }
            } else {
                push(schedule);
            }
        }
    }
    return all;
}

plan::GradientSchedule MeasureOptions::onlySchedule() const
{
    const auto all = schedules();
    if (all.size() != 1) {
        throw base::Error(base::ErrorKind::kUsage, "One gradient at a time is computed here.",
            std::to_string(all.size()) + " were asked for.", "Give one mode, one distance and one store.");
    }
    return all.front();
}

chopgrad::Variables MeasureOptions::variables() const
{
    for (const auto& [name, variables] : kVariables) {
        if (with == name) {
            return variables;
        }
    }
    throw badOption("--wrt", with, "Choose latent, decoder or denoiser.");
}

std::vector<chopgrad::StepCase> MeasureOptions::cases() const
{
    std::vector<models::OperatorSet> sets;
    for (const auto& part : splitList(operators)) {
        if (part != "lean" && part != "stock") {
            throw badOption("--ops", part, "Choose lean or stock.");
        }
        sets.push_back(part == "lean" ? models::OperatorSet::kLean : models::OperatorSet::kStock);
    }
    std::vector<chopgrad::StepCase> all;
    const auto scheduleList = schedules();
    for (const auto& size : splitList(sizes)) {
        const auto [width, height] = parseSize(size);
        for (const auto& set : sets) {
            for (const auto& schedule : scheduleList) {
                for (const auto& count : splitList(frames)) {
                    chopgrad::StepCase step;
                    step.schedule = schedule;
                    step.operators = set;
                    step.frames = wholeNumber(count, "--frames", 1);
                    step.width = width;
                    step.height = height;
                    step.seed = seed;
                    step.loss = loss;
                    step.variables = variables();
                    step.diskFolder = base::pathFromText(folder);
                    all.push_back(std::move(step));
                }
            }
        }
    }
    return all;
}

Spread spreadOf(std::vector<double> values)
{
    if (values.empty()) {
        return {};
    }
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return {
        values.front(), values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2, values.back()};
}

nlohmann::json spreadJson(const Spread& spread)
{
    return {{"minimum", spread.minimum}, {"median", spread.median}, {"maximum", spread.maximum}};
}

Rows::Rows(Output& output, const MeasureOptions& options)
    : output_(output)
    , asJson_(options.asJson)
    , asCsv_(options.asCsv)
{
    if (asJson_ && asCsv_) {
        throw base::Error(
            base::ErrorKind::kUsage, "--json and --csv exclude each other.", {}, "Leave out one of them.");
    }
}

void Rows::add(const nlohmann::json& row, const std::string& text)
{
    if (asJson_) {
        output_.json(row);
        return;
    }
    if (!asCsv_) {
        output_.line(text);
        return;
    }
    std::vector<std::pair<std::string, std::string>> fields;
    flatten(row, "", fields);
    std::string names, values;
    for (const auto& [name, value] : fields) {
        names += (names.empty() ? "" : ",") + name;
        values += (&value == &fields.front().second ? "" : ",") + value;
    }
    if (!hasHeader_) {
        output_.line(names);
        hasHeader_ = true;
    }
    output_.line(values);
}

void Rows::finish(const nlohmann::json& result, const std::string& text)
{
    if (asJson_) {
        output_.json(result);
    } else if (!asCsv_ && !text.empty()) {
        output_.line(text);
    }
}

} // namespace reelmend::cli
