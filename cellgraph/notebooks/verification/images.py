"""Pictures: compared by what they show, with Pillow where it is installed, else by their pixels as stored."""

from __future__ import annotations

import base64
import binascii
import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cellgraph.notebooks.verification.text import Place
from cellgraph.notebooks.verification.verdicts import Change

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS")
_MOST_BYTES = 400_000_000
_MOST_PIXELS = 40_000_000
_SEEN = 8
"""By how much a channel of a pixel differs, of 255, before it is drawn as different."""
NOT_COMPARED = "a picture (install cellgraph[verify] to compare what pictures show)"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where two pictures of one size differ most: the rectangle in pixels, and by how much, of 255."""

    left: int
    top: int
    right: int
    bottom: int
    strength: float


def decoded(text: str) -> bytes:
    """The bytes of a picture in an output; empty if it is not base64."""
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return b""


def compare_images(saved: str, fresh: str, place: Place) -> Iterator[Change | str]:
    """The changes between two pictures in base64; a text says what could not be compared."""
    if saved == fresh or "".join(saved.split()) == "".join(fresh.split()):
        return
    left, right = decoded(saved), decoded(fresh)
    if not left or not right:
        yield place.change("", "image", f"{len(left)} bytes", f"{len(right)} bytes")
    elif left == right or _stored_pixels(left) == _stored_pixels(right) is not None:
        yield place.volatile("", "metadata of a picture", "", "")
    else:
        yield from _compare_shown(left, right, place)


def _compare_shown(left: bytes, right: bytes, place: Place) -> Iterator[Change | str]:
    try:
        from PIL import Image
    except ImportError:
        yield NOT_COMPARED
        return
    try:
        one, other = (_opened(Image, data) for data in (left, right))
    except Exception:  # noqa: BLE001 - a library's reader, given any bytes
        yield place.change("", "image", f"{len(left)} bytes", f"{len(right)} bytes")
        return
    if one.size != other.size:
        yield from _other_size(one, other, place)
        return
    spot = difference(one, other)
    if spot is None:
        yield place.volatile("", "metadata of a picture", "", "")
    elif spot.strength <= place.tolerance.pixels:
        yield place.volatile("", "pixels that nobody sees", "", "")
    else:
        where = f"pixels {spot.left}–{spot.right} × {spot.top}–{spot.bottom}"
        yield place.change("", "image", "", f"differs in {where}")


def _other_size(one: Any, other: Any, place: Place) -> Iterator[Change]:
    """A figure that is cut to what is drawn may be a few pixels larger on another machine."""
    sizes = [f"{image.size[0]} × {image.size[1]} pixels" for image in (one, other)]
    yield place.change("", "image", sizes[0], sizes[1])


def _opened(module: Any, data: bytes) -> Any:
    """The picture as red, green and blue on white."""
    image = module.open(io.BytesIO(data))
    if image.mode != "RGB":
        image = image.convert("RGBA")
        ground = module.new("RGBA", image.size, "white")
        ground.alpha_composite(image)
        image = ground.convert("RGB")
    return image


def difference(one: Any, other: Any) -> Spot | None:
    """Where two pictures of one size differ; None if every pixel is the same.

    The strength is the largest difference of a channel's mean in a square of three by three pixels: noise
    in single pixels (the edges of letters) counts for little, and a spot that the eye sees for much.
    """
    from PIL import ImageChops, ImageFilter

    delta = ImageChops.difference(one, other)
    box = delta.getbbox()
    if box is None:
        return None
    blurred = delta.crop(box).filter(ImageFilter.BoxBlur(1))
    extrema: Any = blurred.getextrema()  # a pair for each channel
    left, top, right, bottom = box
    return Spot(left, top, right, bottom, strength=max(high for _, high in extrema))


def difference_picture(saved: str, fresh: str) -> str:
    """A picture, as base64, that has in red where two pictures differ and else a pale grey of the fresh one.

    Empty without Pillow, for pictures of different sizes, and for what is no picture.
    """
    try:
        from PIL import Image, ImageChops, ImageFilter

        one, other = (_opened(Image, decoded(text)) for text in (saved, fresh))
        if one.size != other.size or one.size[0] * one.size[1] > _MOST_PIXELS:
            return ""
        red, green, blue = ImageChops.difference(one, other).split()
        strength = ImageChops.lighter(ImageChops.lighter(red, green), blue)
        mask = strength.point([255 if value > _SEEN else 0 for value in range(256)])
        pale = Image.blend(other.convert("L").convert("RGB"), Image.new("RGB", one.size, "white"), 0.7)
        # A single pixel is hard to find: each is drawn with those around it.
        pale.paste(Image.new("RGB", one.size, "#d40000"), mask=mask.filter(ImageFilter.MaxFilter(3)))
        into = io.BytesIO()
        pale.save(into, "PNG", optimize=True)
    except Exception:  # noqa: BLE001 - Pillow is not there, or cannot read what the notebook holds
        return ""
    return base64.b64encode(into.getvalue()).decode("ascii")


def _stored_pixels(data: bytes) -> tuple[bytes, ...] | None:
    """What a PNG file holds of pixels, without its metadata; None if it is no PNG, or a broken one."""
    if not data.startswith(_SIGNATURE):
        return None
    chunks: list[bytes] = []
    body = bytearray()
    at = len(_SIGNATURE)
    while at + 8 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            body += content
        elif kind in _PIXEL_CHUNKS:
            chunks.append(content)
        at += 12 + length
    try:
        pixels = zlib.decompressobj().decompress(bytes(body), _MOST_BYTES)
    except zlib.error:
        return None
    return (*chunks, pixels)
