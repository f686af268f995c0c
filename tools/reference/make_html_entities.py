#!/usr/bin/env python3
"""Writes core/text/html_entities.cpp, the names of HTML5's character references, from Python's own table of them.

    tools/reference/make_html_entities.py core/text/html_entities.cpp
"""
import html.entities
import sys

HEAD = '''#include "core/text/html_entities.h"

// Made by tools/reference/make_html_entities.py; the table is HTML5's (section 13.5, "Named character references").
namespace reelmend::text {

// clang-format off
std::string_view htmlEntityTable()
{
    return
'''
TAIL = ''';
}
// clang-format on

} // namespace reelmend::text
'''


def main(path):
    names = {name.rstrip(";") for name in html.entities.html5}
    words = []
    for name in sorted(names):
        value = html.entities.html5[name + ";"]
        points = "-".join(f"{ord(c):x}" for c in value)
        words.append(f"{name}{'!' if name in html.entities.html5 else '='}{points} ")
    lines, line = [], ""
    for word in words:
        if len(line) + len(word) > 104:
            lines.append(line)
            line = ""
        line += word
    lines.append(line)
    with open(path, "w", encoding="utf-8") as out:
        out.write(HEAD + "\n".join(f'        "{line}"' for line in lines) + TAIL)


if __name__ == "__main__":
    main(sys.argv[1])
