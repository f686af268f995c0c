#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/lite_forward.h"
#include "core/train/checkpoint_shelf.h"
#include "tests/core/train/tiny_student.h"

using namespace reelmend;
using namespace reelmend::train;
using test::Lesson;
using test::TinyTeaching;

namespace {

std::string complaint(const std::function<void()>& work)
{
    try {
        work();
        return {};
    } catch (const base::Error& error) {
        return error.message() + " " + error.why();
    }
}

double difference(const at::Tensor& a, const at::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

} // namespace

TEST_CASE("2 n steps are n steps, a checkpoint and n steps, bit for bit, for every optimizer and for adapters")
{
    at::set_num_threads(1);
    for (const bool eightBit : {false, true}) {
        for (const bool adapter : {false, true}) {
            TinyTeaching scene;
            scene.teacher.eightBit = eightBit;
            if (adapter) {
                scene.student.adapter = models::LoraSettings{.rank = 4, .alpha = 4};
            }
            const Lesson straight(scene);
            for (int i = 0; i < 6; ++i) {
                straight.teacher->advance();
            }
            straight.teacher->save(scene.folder / "straight.safetensors", {{"best", "3"}});
            const Lesson half(scene);
            for (int i = 0; i < 3; ++i) {
                half.teacher->advance();
            }
            half.teacher->save(scene.folder / "half.safetensors", {{"best", "3"}});
            const Lesson resumed(scene);
            const Teacher::Notes notes = resumed.teacher->load(scene.folder / "half.safetensors");
            CHECK(notes.at("best") == "3");
            CHECK(resumed.teacher->step() == 3);
            for (int i = 0; i < 3; ++i) {
                resumed.teacher->advance();
            }
            resumed.teacher->save(scene.folder / "resumed.safetensors", notes);
            CHECK(base::readFile(scene.folder / "straight.safetensors") ==
                  base::readFile(scene.folder / "resumed.safetensors"));
        }
    }
}

TEST_CASE("an adapter learns one tiny batch by heart and leaves the weights beneath alone")
{
    at::set_num_threads(1);
    TinyTeaching scene;
    scene.student.adapter = models::LoraSettings{.rank = 8, .alpha = 8};
    LiteStudent student(test::tinyLite(), scene.student, nullptr);
    const Batch batch = drawBatch(*scene.pack, scene.batches, 3, 0, 0);
    AdamWSettings settings;
    settings.emaDecay = 0;
    settings.weightDecay = 0;
    const auto optimizer = makeAdamW([&](const models::ParameterVisitor& v) { student.visitTrained(v); }, settings);
    double first = 0, last = 0;
    for (int step = 0; step < 150; ++step) {
        optimizer->zeroGradients();
        TeachingStep record;
        PhaseClock clock(record);
        student.backward(batch, 1, 1, record, clock);
        optimizer->step(3e-3, optimizer->gradientNorm());
        last = record.terms.charbonnier.item<double>();
        first = step == 0 ? last : first;
    }
    CHECK(last < 0.6 * first);
    LiteStudent::Values none;
    models::LiteWeights taught = student.weights(none), untouched = test::tinyLite();
    CHECK(at::equal(taught.stem.bias, untouched.stem.bias)); // no adapter there
    CHECK_FALSE(at::equal(taught.stem.weight, untouched.stem.weight));
    REQUIRE(student.adapter(none));
    const models::Lora lora = *student.adapter(none);
    models::mergeLora([&](const models::ParameterVisitor& v) { untouched.visit(v); }, lora);
    CHECK(difference(taught.stem.weight, untouched.stem.weight) < 1e-6);
}

TEST_CASE("a step's record names its parts")
{
    at::set_num_threads(1);
    TinyTeaching scene;
    const Lesson lesson(scene);
    const TeachingStep record = lesson.teacher->advance();
    CHECK(record.loss > 0);
    CHECK(record.charbonnier > 0);
    CHECK(record.frameDifference > 0);
    CHECK(record.learningRate == doctest::Approx(1e-3)); // the first of two steps of warm-up
    CHECK(record.conditions == std::vector<std::int64_t>{0, 0});
    double seconds = 0, squares = 0;
    std::string names;
    for (const TeachingStep::Phase& phase : record.phases) {
        seconds += phase.seconds;
        names += phase.name + " ";
    }
    CHECK(names == "data values gradient optimizer ");
    CHECK(seconds <= record.seconds);
    CHECK(record.dataWait == record.phases[0].seconds);
    CHECK(record.phases[1].peakBytes > 100'000);
    for (const auto& [part, norm] : record.partNorms) {
        squares += norm * norm;
    }
    CHECK(record.partNorms.size() == 3); // decoder, encoder, transformer
    CHECK(std::sqrt(squares) == doctest::Approx(record.gradientNorm).epsilon(1e-4));
}

TEST_CASE("activations made again give the same gradients from less memory")
{
    at::set_num_threads(1);
    TinyTeaching scene;
    scene.batches.frames = 13;
    scene.batches.clips = 3;
    scene.batches.mixed = true; // the clips' rows of the conditions' tables are parameters too
    scene.batches.conditions = {0, 0, 1, 0, 0, 0, 0, 0};
    const Batch batch = drawBatch(*scene.pack, scene.batches, 3, 0, 0);
    std::map<std::string, at::Tensor> gradients[2];
    std::int64_t peaks[2] = {};
    for (const bool recompute : {false, true}) {
        scene.student.recompute = recompute;
        LiteStudent student(test::tinyLite(), scene.student, nullptr);
        student.visitTrained([](const std::string&, at::Tensor& t, at::IntArrayRef) { t.requires_grad_(true); });
        TeachingStep record;
        PhaseClock clock(record);
        student.backward(batch, 1, 1, record, clock);
        student.visitTrained([&](const std::string& name, at::Tensor& t, at::IntArrayRef) {
            gradients[recompute][name] = t.grad().defined() ? t.grad() : at::zeros_like(t);
        });
        for (const TeachingStep::Phase& phase : record.phases) {
            peaks[recompute] = std::max(peaks[recompute], phase.peakBytes);
        }
    }
    for (const auto& [name, gradient] : gradients[0]) {
        CHECK(difference(gradients[1][name], gradient) <= 1e-5 + 1e-3 * gradient.abs().max().item<double>());
    }
    CHECK(peaks[1] < peaks[0] * 3 / 4);
}

TEST_CASE("checkpoints of another model, of another kind or of a newer program are refused in words")
{
    TinyTeaching scene;
    const Lesson lesson(scene);
    const auto path = scene.folder / "c.safetensors";
    lesson.teacher->save(path);
    TinyTeaching other;
    other.teacher.identity = "an adapter of rank 4";
    const Lesson foreign(other);
    CHECK(complaint([&] { foreign.teacher->load(path); }).find("an adapter of rank 4") != std::string::npos);
    other.teacher.identity = scene.teacher.identity;
    other.student.adapter = models::LoraSettings{.rank = 4};
    const Lesson adapter(other);
    CHECK(complaint([&] { adapter.teacher->load(path); }).find("another model") != std::string::npos);
    models::writeSafetensors(
        path, {{"x", at::ones({1})}}, {{"format", "reelmend-teaching-7"}, {"step", "1"}, {"optimizer_steps", "1"}});
    CHECK(complaint([&] { lesson.teacher->load(path); }).find("newer version") != std::string::npos);
    models::writeSafetensors(path, {{"x", at::ones({1})}});
    CHECK(complaint([&] { lesson.teacher->load(path); }).find("not the state of a training") != std::string::npos);
}

TEST_CASE("a step that is not finite is rejected and counted; three in a row stop with the reason")
{
    TinyTeaching scene;
    const Lesson lesson(scene);
    {
        const at::NoGradGuard noGrad;
        for (WeightOptimizer::Trained& t : lesson.teacher->optimizer().trained()) {
            if (t.name == "decoder.out.bias") {
                t.parameter.fill_(std::numeric_limits<float>::quiet_NaN());
            }
        }
    }
    const auto before = lesson.teacher->averaged();
    CHECK(lesson.teacher->advance().rejected);
    CHECK(lesson.teacher->advance().rejected);
    CHECK(lesson.teacher->step() == 2);
    CHECK(at::equal(before.at("encoder.stem.weight"), lesson.teacher->averaged().at("encoder.stem.weight")));
    CHECK(complaint([&] { lesson.teacher->advance(); }).find("not finite") != std::string::npos);
}

TEST_CASE("the rate warms up, then falls along a cosine or stays")
{
    const RateSchedule falls{1, 10, 110, true}, level{1, 10, 110, false};
    CHECK(falls.at(0) == doctest::Approx(0.1));
    CHECK(falls.at(9) == 1);
    CHECK(falls.at(60) == doctest::Approx(0.5));
    CHECK(falls.at(110) == doctest::Approx(0).epsilon(1e-12));
    CHECK(level.at(4) == doctest::Approx(0.5));
    CHECK(level.at(109) == 1);
}

TEST_CASE("the shelf keeps the newest few and the best, and its newest is whole at every moment")
{
    const test::TemporaryFolder folder;
    CheckpointShelf shelf(folder.path(), 2);
    CHECK_FALSE(shelf.hasNewest());
    for (int step = 1; step <= 5; ++step) {
        shelf.store(step, step == 2 ? CheckpointShelf::Standing::kBest : CheckpointShelf::Standing::kOrdinary,
            [&](const std::filesystem::path& path) { base::writeFileAtomically(path, std::to_string(step)); });
    }
    CHECK(base::readFile(shelf.newest()) == "5");
    CHECK(base::readFile(shelf.best()) == "2");
    const auto kept = folder / "checkpoints";
    CHECK(base::readFile(kept / "step-00000004.safetensors") == "4");
    CHECK(base::readFile(kept / "step-00000005.safetensors") == "5");
    CHECK(std::distance(std::filesystem::directory_iterator(kept), {}) == 3);
    // A write that fails leaves what was there.
    CHECK_THROWS_AS(shelf.store(6, CheckpointShelf::Standing::kOrdinary,
                        [](const std::filesystem::path&) { throw base::Error(base::ErrorKind::kDiskFull, "Full."); }),
        base::Error);
    CHECK(base::readFile(shelf.newest()) == "5");
}

TEST_CASE("D follows its course over the steps, and a training that goes on follows it on")
{
    at::set_num_threads(1);
    using Kind = plan::DistanceSchedule::Kind;
    TinyTeaching scene;
    scene.batches.frames = 13;
    scene.student.gradient = {plan::GradientMode::kChop, 2};
    scene.teacher.distance = plan::DistanceSchedule{Kind::kGrowing, 0, 2, 6};
    const Lesson growing(scene);
    for (const int distance : {0, 0, 1, 1, 2, 2, 2}) {
        CHECK(growing.teacher->advance().distance == distance);
    }

    scene.teacher.distance = plan::DistanceSchedule{Kind::kAdaptive, 0, 2, 0, 0.2, 4};
    std::vector<std::int64_t> probed;
    const auto begin = [&](const Lesson& lesson) {
        LiteStudent& student = *lesson.student;
        const Teacher& teacher = *lesson.teacher;
        lesson.teacher->measureDistanceWith([&](const Batch& batch, std::uint64_t key) {
            probed.push_back(teacher.step());
            const auto found = student.distance(batch, key, *scene.teacher.distance);
            CHECK((found && *found >= 0 && *found <= 2));
            return std::optional<int>(teacher.step() == 0 ? 1 : 2); // so that the course is known
        });
    };
    const Lesson straight(scene), half(scene), resumed(scene);
    begin(straight);
    for (const int distance : {1, 1, 1, 1, 2, 2}) {
        CHECK(straight.teacher->advance().distance == distance);
    }
    CHECK(probed == std::vector<std::int64_t>{0, 4});
    straight.teacher->save(scene.folder / "straight.safetensors");
    begin(half);
    half.teacher->advance();
    half.teacher->save(scene.folder / "half.safetensors");
    begin(resumed);
    resumed.teacher->load(scene.folder / "half.safetensors");
    CHECK(resumed.teacher->advance().distance == 1); // measured before the checkpoint
    for (int i = 0; i < 4; ++i) {
        resumed.teacher->advance();
    }
    resumed.teacher->save(scene.folder / "resumed.safetensors");
    CHECK(base::readFile(scene.folder / "straight.safetensors") ==
          base::readFile(scene.folder / "resumed.safetensors"));
}
