#!/usr/bin/env python3
"""Makes docs/benchmarks.md from the JSON lines that benchmarks print.

A line is an object with `name`, `value`, `unit`; optional: `group` (a section), `minimum`, `maximum`, `aim` (text),
`command`, `note`. A line {"machine": …, "date": …} describes where and when a file was made.
"""
import json
import sys
from pathlib import Path


def figure(value):
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}"
    return str(value)


def section(path):
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    machine = next((line for line in lines if "machine" in line), {})
    rows = [line for line in lines if "value" in line]
    yield f"## {machine.get('title', path.stem.replace('_', ' '))}"
    yield ""
    if machine:
        yield f"{machine.get('machine')}, {machine.get('date', 'undated')}."
        if machine.get("note"):
            yield machine["note"]
        yield ""
    commands = []
    for group in dict.fromkeys(row.get("group", "") for row in rows):
        if group:
            yield f"### {group}"
            yield ""
        yield "| what | figure | range | aim | note |"
        yield "|---|---:|---|---|---|"
        for row in rows:
            if row.get("group", "") != group:
                continue
            spread = f"{figure(row['minimum'])} to {figure(row['maximum'])}" if "minimum" in row else ""
            yield (f"| {row['name']} | {figure(row['value'])} {row['unit']} | {spread} | {row.get('aim', '')} | "
                   f"{row.get('note', '')} |")
            if row.get("command") and row["command"] not in commands:
                commands.append(row["command"])
        yield ""
    for command in commands:
        yield f"    {command}"
    if commands:
        yield ""


def main():
    print("# Benchmarks\n")
    print("Made by `tools/bench.sh` from docs/benchmarks/*.json; no figure here is typed by hand. Shared machines are "
          "noisy: ratios within one run can be trusted, absolute times less.\n")
    for path in sorted(Path(sys.argv[1]).glob("*.json")):
        print("\n".join(section(path)))


main()
