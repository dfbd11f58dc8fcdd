"""Pillow images by their pixels, and the display objects of ``IPython.display``.

Pillow reads an image file when the image is first used. Looking must not read it, so such an image is
compared by identity, before and after.
"""

from __future__ import annotations

import sys
from typing import Any

from cellgraph.digest import class_reflection
from cellgraph.digest.class_reflection import state_of
from cellgraph.digest.forms import by_all_fields, by_fields, by_identity
from cellgraph.digest.protocol import Walk
from cellgraph.digest.registry import digests
from cellgraph.digest.sampling import blocks

_SECONDS = 4e-9
"""For a pixel to be packed."""
_ROWS, _SAMPLED_ROWS = 256, 2
_SAMPLED_PIXELS = 250_000
_MADE_UP, _HEX = 32, frozenset("0123456789abcdef")
"""The digits of an id that IPython makes up, which is another one each time."""


def _size_words(value: Any) -> str:
    size = state_of(value).get("_size")
    return f"size {size[0]}x{size[1]}" if type(size) is tuple and len(size) == 2 else ""


digests("PIL.ImageFile", "PIL.ImageFile.ImageFile", size=_size_words, whole=True)(by_identity)


@digests("PIL.Image", size=_size_words, whole=True, mutable=True)
def _image(value: Any, walk: Walk) -> bytes:
    """Mode, size, pixels, palette and metadata. What was parsed of its EXIF data is a cache."""
    state = state_of(value)
    core: Any = state.get("_im")
    size: Any = state.get("_size")
    if class_reflection.short_name(type(core)) != "ImagingCore" or "PIL._imaging" not in sys.modules:
        return walk.mark_opaque(value)  # the image is closed, or its file is not read yet
    mode = core.mode
    pixels = _pixels(core, mode, size, walk) if all(size) else b""
    return walk.visit((mode, size)) + pixels + _palette(core, state, walk) + walk.visit(state.get("info"))


def _pixels(core: Any, mode: str, size: tuple[int, int], walk: Walk) -> bytes:
    """The rows, packed one band at a time in the way of ``tobytes``."""
    width, height = size
    rows = [(top, min(top + _ROWS, height)) for top in range(0, height, _ROWS)]
    if walk.sampling and width * height > _SAMPLED_PIXELS:
        rows = [ends for ends in blocks(height, _SAMPLED_ROWS) if ends[0] < ends[1]]
    walk.weigh(width * height * 4, width * height * _SECONDS)
    return b"".join(walk.visit(_packed(core, mode, (0, top, width, bottom - top))) for top, bottom in rows)


def _packed(core: Any, mode: str, place: tuple[int, int, int, int]) -> bytes:
    encoder = sys.modules["PIL._imaging"].raw_encoder(mode, mode)
    encoder.setimage(core, place)
    room = max(65_536, place[2] * 16)
    packed = []
    failed = 0
    while not failed:
        _, failed, some = encoder.encode(room)
        packed.append(some)
    if failed < 0:
        raise ValueError(f"an image of mode {mode} cannot be packed")
    return b"".join(packed)


def _palette(core: Any, state: dict[str, Any], walk: Walk) -> bytes:
    """The colour table of an image whose pixels are indexes into it."""
    if state.get("palette") is None:
        return b""
    held = state_of(state["palette"])
    if held.get("dirty"):  # a change of the palette reaches the image when it is next read
        return walk.visit(bytes(held.get("_palette") or held.get("palette") or b""))
    mode = held.get("mode")
    return walk.visit(core.getpalette(mode, mode))


digests("PIL.ImageDraw", mutable=True, whole=True)(by_fields("_image", "fill", "fontmode"))
digests("PIL.FreeTypeFont", whole=True)(
    by_fields("path", "size", "index", "encoding", "layout_engine", "font_bytes")
)
# Display objects: text, data, and how to show it.
digests("IPython.DisplayObject", "IPython.IFrame", "IPython.FileLink", mutable=True, whole=True)(
    by_all_fields()
)


@digests("IPython.DisplayHandle", whole=True)
def _handle(value: Any, walk: Walk) -> bytes:
    """What was displayed and can be shown anew: by its id, if the user has given it one."""
    given = state_of(value).get("display_id")
    made_up = type(given) is str and len(given) == _MADE_UP and _HEX.issuperset(given)
    return walk.visit("" if made_up else given)
