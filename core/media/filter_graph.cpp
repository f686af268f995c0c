#include "core/media/filter_graph.h"

#include <algorithm>
#include <utility>

#include "core/media/av_frame.h"

namespace reelmend::media {

namespace {

struct InOutDeleter {
    void operator()(AVFilterInOut* p) const { avfilter_inout_free(&p); }
};
using InOutPtr = std::unique_ptr<AVFilterInOut, InOutDeleter>;

// First filter of a chain that this FFmpeg does not have; FFmpeg's parser reports that as any other mistake.
std::string missingFilter(const std::string& description)
{
    std::size_t at = 0;
    while (at < description.size()) {
        if (description[at] == '[') {
            at = std::min(description.find(']', at), description.size() - 1) + 1;
            continue;
        }
        const std::size_t end = std::min(description.find_first_of("=@,;[ ", at), description.size());
        const std::string name = description.substr(at, end - at);
        if (!name.empty() && !avfilter_get_by_name(name.c_str())) {
            return name;
        }
        // Arguments may hold quoted or escaped separators.
        bool isQuoted = false;
        for (at = end; at < description.size(); ++at) {
            const char c = description[at];
            if (c == '\\') {
                ++at;
            } else if (c == '\'') {
                isQuoted = !isQuoted;
            } else if (!isQuoted && (c == ',' || c == ';')) {
                ++at;
                break;
            }
        }
    }
    return {};
}

[[noreturn]] void cannotFilter(const std::string& description, int code)
{
    const std::string what = "The filter \"" + description + "\" cannot be used.";
    if (const std::string missing = missingFilter(description); !missing.empty()) {
        throw base::Error(base::ErrorKind::kUnavailable, what,
            "The installed FFmpeg has no filter \"" + missing + "\".", "Install a fuller FFmpeg.");
    }
    throw ffmpegError(base::ErrorKind::kUsage, what, code);
}

} // namespace

struct FilterGraph::Private {
    FilterSettings settings;
    GraphPtr graph;
    AVFilterContext* source = nullptr;
    AVFilterContext* sink = nullptr;
    video::PixelFormat format;
    int width = 0, height = 0;

    void configure(const AVFrame& frame, base::Rational timeBase);
    std::vector<video::Frame> collect();
};

void FilterGraph::Private::configure(const AVFrame& frame, base::Rational timeBase)
{
    graph.reset(avfilter_graph_alloc());
    if (!graph) {
        cannotFilter(settings.description, AVERROR(ENOMEM));
    }
    graph->nb_threads = threadCount(settings.threads);
    // Conversions that libavfilter puts in by itself shall be exact.
    av_opt_set(graph.get(), "scale_sws_opts", "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp", 0);
    source = avfilter_graph_alloc_filter(graph.get(), avfilter_get_by_name("buffer"), "in");
    sink = avfilter_graph_alloc_filter(graph.get(), avfilter_get_by_name("buffersink"), "out");
    if (!source || !sink) {
        cannotFilter(settings.description, AVERROR(ENOMEM));
    }
    AVBufferSrcParameters* parameters = av_buffersrc_parameters_alloc();
    if (!parameters) {
        cannotFilter(settings.description, AVERROR(ENOMEM));
    }
    parameters->format = frame.format;
    parameters->width = frame.width;
    parameters->height = frame.height;
    parameters->time_base = timeBase.isPositive() ? toAv(timeBase) : AVRational{1, 25};
    parameters->sample_aspect_ratio = {1, 1};
    int code = av_buffersrc_parameters_set(source, parameters);
    av_free(parameters);
    if (code >= 0) {
        code = avfilter_init_str(source, nullptr);
    }
    if (code >= 0 && !settings.pixelFormats.empty()) {
        std::vector<AVPixelFormat> formats;
        for (const std::string& name : settings.pixelFormats) {
            formats.push_back(av_get_pix_fmt(name.c_str()));
        }
        code = av_opt_set_bin(sink, "pix_fmts", reinterpret_cast<const std::uint8_t*>(formats.data()),
            static_cast<int>(formats.size() * sizeof formats[0]), AV_OPT_SEARCH_CHILDREN);
    }
    if (code >= 0) {
        code = avfilter_init_str(sink, nullptr);
    }
    if (code < 0) {
        cannotFilter(settings.description, code);
    }
    InOutPtr outputs(avfilter_inout_alloc());
    InOutPtr inputs(avfilter_inout_alloc());
    outputs->name = av_strdup("in");
    outputs->filter_ctx = source;
    inputs->name = av_strdup("out");
    inputs->filter_ctx = sink;
    AVFilterInOut* in = inputs.release();
    AVFilterInOut* out = outputs.release();
    code = avfilter_graph_parse_ptr(graph.get(), settings.description.c_str(), &in, &out, nullptr);
    inputs.reset(in);
    outputs.reset(out);
    if (code >= 0) {
        code = avfilter_graph_config(graph.get(), nullptr);
    }
    if (code < 0) {
        graph.reset();
        cannotFilter(settings.description, code);
    }
}

std::vector<video::Frame> FilterGraph::Private::collect()
{
    std::vector<video::Frame> frames;
    for (;;) {
        FramePtr frame = makeFrame();
        const int code = av_buffersink_get_frame(sink, frame.get());
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) {
            return frames;
        }
        if (code < 0) {
            throw ffmpegError(base::ErrorKind::kFailed, "The filter \"" + settings.description + "\" stopped.", code);
        }
        const AVRational timeBase = av_buffersink_get_time_base(sink);
        frames.push_back(wrapFrame(*frame, {frame->pts, frame->pkt_duration, fromAv(timeBase)}));
    }
}

FilterGraph::FilterGraph(FilterSettings settings)
    : d_(std::make_unique<Private>())
{
    quietFfmpeg();
    d_->settings = std::move(settings);
}

FilterGraph::~FilterGraph() = default;
FilterGraph::FilterGraph(FilterGraph&&) noexcept = default;
FilterGraph& FilterGraph::operator=(FilterGraph&&) noexcept = default;

std::vector<video::Frame> FilterGraph::push(const video::Frame& frame)
{
    FramePtr given = referFrame(frame);
    given->pkt_duration = frame.time().duration;
    if (!d_->graph) {
        d_->configure(*given, frame.time().timeBase);
        d_->format = frame.format();
        d_->width = frame.width();
        d_->height = frame.height();
    } else if (frame.format() != d_->format || frame.width() != d_->width || frame.height() != d_->height) {
        throw base::Error(base::ErrorKind::kUsage, "The filter \"" + d_->settings.description + "\" cannot go on.",
            "A frame differs from the first in format or size.");
    }
    const int code = av_buffersrc_add_frame_flags(d_->source, given.get(), AV_BUFFERSRC_FLAG_KEEP_REF);
    if (code < 0) {
        throw ffmpegError(base::ErrorKind::kFailed, "The filter \"" + d_->settings.description + "\" stopped.", code);
    }
    return d_->collect();
}

std::vector<video::Frame> FilterGraph::flush()
{
    if (!d_->graph) {
        return {};
    }
    const int code = av_buffersrc_add_frame_flags(d_->source, nullptr, 0);
    if (code < 0 && code != AVERROR_EOF) {
        throw ffmpegError(base::ErrorKind::kFailed, "The filter \"" + d_->settings.description + "\" stopped.", code);
    }
    std::vector<video::Frame> frames = d_->collect();
    d_->graph.reset();
    return frames;
}

bool FilterGraph::hasFilter(const std::string& name)
{
    return avfilter_get_by_name(name.c_str()) != nullptr;
}

video::Frame filterFrame(const video::Frame& frame, const std::string& description)
{
    FilterGraph graph({description, {}, 1});
    std::vector<video::Frame> frames = graph.push(frame);
    for (video::Frame& rest : graph.flush()) {
        frames.push_back(std::move(rest));
    }
    if (frames.size() != 1) {
        throw base::Error(base::ErrorKind::kFailed, "The filter \"" + description + "\" cannot be used here.",
            "It made " + std::to_string(frames.size()) + " frames of one.");
    }
    return frames.front();
}

} // namespace reelmend::media
