#!/usr/bin/env python3
"""Makes resources/fonts/*.ttf from Debian's fonts-inter. Never needed to build or run: the results are in the tree.

    python3 -m pip install fonttools
    python3 tools/fonts/make_fonts.py /usr/share/fonts/opentype/inter resources/fonts

Why not the OTF files as they are: Qt darkens the stems of CFF outlines, so that Regular looks like Medium, and a
system-wide "Inter" wins over an embedded font of the same name, whatever its version. The OFL allows both changes
(Inter has no reserved font name); the result stays under the OFL.
"""
import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

FAMILY = "Inter Reelmend"
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "calt", "tnum"]


def convert(source: Path, target: Path, style: str) -> None:
    font = TTFont(source)
    options = subset.Options()
    options.layout_features = FEATURES
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.hinting = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=list(font.getBestCmap()))
    subsetter.subset(font)

    order = font.getGlyphOrder()
    glyph_set = font.getGlyphSet()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(glyph_set)
        glyph_set[name].draw(Cu2QuPen(pen, max_err=0.5, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    glyf = font["glyf"] = newTable("glyf")
    glyf.glyphOrder = order
    glyf.glyphs = glyphs
    glyf.compile(font)
    metrics = font["hmtx"]
    for name, glyph in glyphs.items():
        if hasattr(glyph, "xMin"):
            metrics[name] = (metrics[name][0], glyph.xMin)
    maxp = font["maxp"] = newTable("maxp")
    maxp.tableVersion = 0x00010000
    maxp.numGlyphs = len(glyphs)
    for field in ("maxTwilightPoints maxStorage maxFunctionDefs maxInstructionDefs maxStackElements "
                  "maxSizeOfInstructions maxComponentElements maxPoints maxContours maxCompositePoints "
                  "maxCompositeContours maxComponentDepth").split():
        setattr(maxp, field, 0)
    maxp.maxZones = 1
    maxp.compile(font)
    post = font["post"]
    post.formatType = 3.0
    for table in ("CFF ", "VORG"):
        if table in font:
            del font[table]
    font.sfntVersion = "\000\001\000\000"

    names = font["name"]
    plain = style == "Regular"
    for record in list(names.names):
        text = {1: FAMILY if plain else f"{FAMILY} {style}", 2: "Regular", 3: f"{FAMILY} {style}",
                4: f"{FAMILY} {style}", 6: f"InterReelmend-{style}", 16: FAMILY, 17: style}.get(record.nameID)
        if text is not None:
            names.setName(text, record.nameID, record.platformID, record.platEncID, record.langID)
    font.save(target)


def main() -> None:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    for style in ("Regular", "Medium", "SemiBold"):
        convert(source / f"Inter-{style}.otf", target / f"InterReelmend-{style}.ttf", style)


if __name__ == "__main__":
    main()
