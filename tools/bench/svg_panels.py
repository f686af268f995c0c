"""Small line charts side by side as one SVG, without a library. Colours that people who cannot tell red from green can tell apart."""

import math

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444", "#999933", "#882255", "#117733"]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 420, 260, 62, 14, 34, 40


def ticks(low, high, logarithmic):
    if logarithmic:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        return [m * 10**e for e in range(first, last + 1) for m in (1, 2, 5) if low <= m * 10**e <= high * 1.001]
    step = 10 ** math.floor(math.log10(max(high - low, 1e-9) / 3))
    step = next(step * m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= 5)
    return [i * step for i in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]


def text(x, y, words, anchor="middle", size=11, more=""):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {more}>{words}</text>'


def panel(title, x_title, lines, colours, logarithmic):
    """`lines`: {name: [(x, y), …]}."""
    points = [p for line in lines.values() for p in line]
    xs, ys = [p[0] for p in points], [p[1] for p in points if p[1] > 0]
    x0, x1 = min(xs), max(xs)
    y0, y1 = (min(ys) / 1.3, max(ys) * 1.3) if logarithmic else (0, max(ys) * 1.08)
    x1 = x1 if x1 > x0 else x0 + 1

    def at(x, y):
        px = LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)
        part = math.log(y / y0) / math.log(y1 / y0) if logarithmic else (y - y0) / (y1 - y0)
        return px, HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)

    out = [text(WIDTH / 2, 18, title, size=13)]
    for y in ticks(y0, y1, logarithmic):
        py = at(x0, y)[1]
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{py:.1f}" y2="{py:.1f}" stroke="#ddd"/>')
        out.append(text(LEFT - 6, py + 4, f"{y:g}", "end"))
    for x in sorted(set(xs)) if len(set(xs)) <= 6 else ticks(x0, x1, False):
        out.append(text(at(x, y1)[0], HEIGHT - BOTTOM + 16, f"{x:g}"))
    out.append(text(WIDTH / 2, HEIGHT - 8, x_title))
    for name, line in lines.items():
        places = [at(*p) for p in sorted(line) if p[1] > 0]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        dash = ' stroke-dasharray="5 3"' if name.startswith("Python") else ""
        out.append(f'<polyline points="{drawn}" fill="none" stroke="{colours[name]}" stroke-width="2"{dash}/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colours[name]}"/>' for x, y in places]
    return "\n".join(out)


def document(panels):
    """`panels`: a list of (title, x title, lines, logarithmic), two in a row, with one legend for all."""
    names = list(dict.fromkeys(name for _, _, lines, _ in panels for name in lines))
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    rows = (len(panels) + 1) // 2
    legend = rows * HEIGHT + 10
    height = legend + 18 * ((len(names) + 2) // 3) + 10
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {height}" width="{2 * WIDTH}" height="{height}" '
           'font-family="sans-serif">', f'<rect width="{2 * WIDTH}" height="{height}" fill="white"/>']
    for i, (title, x_title, lines, logarithmic) in enumerate(panels):
        if any(lines.values()):
            out.append(f'<g transform="translate({i % 2 * WIDTH} {i // 2 * HEIGHT})">{panel(title, x_title, lines, colours, logarithmic)}</g>')
    for i, name in enumerate(names):
        x, y = 40 + i % 3 * 270, legend + 18 * (i // 3) + 8
        dash = ' stroke-dasharray="5 3"' if name.startswith("Python") else ""
        out.append(f'<line x1="{x}" x2="{x + 24}" y1="{y}" y2="{y}" stroke="{colours[name]}" stroke-width="2"{dash}/>')
        out.append(text(x + 30, y + 4, name, "start"))
    return "\n".join(out + ["</svg>"]) + "\n"
