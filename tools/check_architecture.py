#!/usr/bin/env python3
"""Checks the tree against its own rules (docs/architecture.md): who may include whom, which library's headers may be
seen where, and how long a file may be. Prints one line per breach; exit status 1 if there is any.

    tools/check_architecture.py [ROOT]
"""
import re
import sys
from pathlib import Path

COMMON = ["base", "video", "jobs", "plan", "text"]
STUDIO = ["media", "vision", "masks", "classical", "project"]
ENGINE = ["tensor", "models", "perceptual", "diffusion", "chopgrad", "train", "enhance"]
UI = ["style", "session", "viewer", "timeline", "masks", "tasks", "compare", "queue", "plots", "finetune", "settings"]
MAXIMUM_LINES = 800
# Files that may be longer, each with its reason.
LONG_FILES = {}


def allowed_edges():
    """Folder -> folders whose headers it may include. Arrows point down a column and to the common one."""
    edges = {}
    for i, name in enumerate(COMMON):
        edges[f"core/{name}"] = {f"core/{n}" for n in COMMON[:i]}
    common = {f"core/{n}" for n in COMMON}
    for column in (STUDIO, ENGINE):
        for i, name in enumerate(column):
            edges[f"core/{name}"] = common | {f"core/{n}" for n in column[:i]}
    everything = set(edges)
    edges["core/runner"] = everything
    below_ui = common | {f"core/{n}" for n in STUDIO}
    for name in UI:
        edges[f"ui/{name}"] = below_ui | {"ui/style"}
    for name in UI[2:]:
        edges[f"ui/{name}"] |= {"ui/session"}
    for name in ("timeline", "masks", "compare"):
        edges[f"ui/{name}"] |= {"ui/viewer"}
    edges["app/desktop"] = below_ui | {f"ui/{n}" for n in UI}
    edges["app/cli"] = everything | {"core/runner"}
    return edges


# Library -> (pattern of an include, folders that may use it).
LIBRARIES = {
    "Qt": (re.compile(r"^<Q[A-Z]|^<Qt|^<qcustomplot"), lambda folder: folder.startswith(("ui/", "app/desktop"))),
    "FFmpeg": (re.compile(r"^<lib(av|sw)\w+/"), lambda folder: folder in ("core/media",)),
    "OpenCV": (re.compile(r"^<opencv2/"), lambda folder: folder in ("core/vision", "core/masks", "core/classical")),
    "LibTorch": (
        re.compile(r"^<(ATen|torch|c10|caffe2)/"),
        lambda folder: folder in {f"core/{n}" for n in ENGINE} | {"core/runner", "app/cli"},
    ),
    "CUDA": (re.compile(r"^<(cuda|cudnn|nccl)"), lambda folder: folder.startswith("core/tensor")),
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"][^>"]+)[>"]')


def owner(path):
    """core/tensor/cuda/x.cu -> core/tensor"""
    return "/".join(path.parts[:2])


def headers_of(path, root, seen):
    """Project headers that a .cu file pulls in, itself included."""
    if path in seen or not path.is_file():
        return
    seen.add(path)
    for line in path.read_text(encoding="utf-8").splitlines():
        match = INCLUDE.match(line)
        if match and match.group(1).startswith('"'):
            headers_of(root / match.group(1)[1:], root, seen)


def check(root):
    edges = allowed_edges()
    problems = []
    sources = sorted(
        p for top in ("core", "ui", "app", "tests", "tools") for p in (root / top).rglob("*")
        if p.suffix in (".h", ".cpp", ".cu", ".cuh", ".py", ".sh")
    )
    for path in sources:
        name = path.relative_to(root)
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > MAXIMUM_LINES and str(name) not in LONG_FILES:
            problems.append(f"{name}: {len(lines)} lines, {MAXIMUM_LINES} at most")
        if name.parts[0] in ("tests", "tools") or path.suffix not in (".h", ".cpp", ".cu", ".cuh"):
            continue
        folder = owner(name)
        if folder not in edges:
            problems.append(f"{name}: the folder {folder} is not in the table of allowed edges")
            continue
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = match.group(1)
            if target.startswith('"'):
                to = owner(Path(target[1:]))
                if to != folder and to not in edges[folder]:
                    problems.append(f"{name}:{number}: {folder} may not include {to}")
            for library, (pattern, may) in LIBRARIES.items():
                if pattern.match(target) and not may(folder):
                    problems.append(f"{name}:{number}: {library} headers may not be seen in {folder}")
        if path.suffix in (".cu", ".cuh"):
            seen = set()
            headers_of(path, root, seen)
            for header in sorted(seen):
                for line in header.read_text(encoding="utf-8").splitlines():
                    match = INCLUDE.match(line)
                    if match and LIBRARIES["LibTorch"][0].match(match.group(1)):
                        problems.append(f"{name}: {header.relative_to(root)} shows a LibTorch header to nvcc")
    return problems


if __name__ == "__main__":
    found = check(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))
    for problem in found:
        print(problem)
    if found:
        print(f"{len(found)} breaches of the architecture (docs/architecture.md)")
    sys.exit(1 if found else 0)
