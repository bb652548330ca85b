"""The child process that draws: matplotlib is loaded here and nowhere else.

It runs as a script of its own, so it imports nothing of the plugin. It reads requests from its
standard input and writes replies to its standard output, one at a time, until the input ends: a
length in four bytes, then a request as JSON (`chart_layout.ChartRequest`), or a reply, which is one
byte (0: a PNG, 1: the text of an error) and what follows.
"""

from __future__ import annotations

import gc

gc.disable()  # what is imported stays: to look through it again and again is a fifth of the start

import io  # noqa: E402
import json  # noqa: E402
import struct  # noqa: E402
import sys  # noqa: E402
from typing import Any, BinaryIO, Literal  # noqa: E402

from matplotlib.axes import Axes  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from PIL import Image  # noqa: E402

gc.freeze()  # and `serve` looks only through what a chart leaves behind, when it has been sent

LENGTH = struct.Struct(">I")
DRAWN, FAILED = b"\0", b"\1"

DPI = 100
BACKGROUND, INK, QUIET, GRID = "#ffffff", "#111122", "#445555", "#dddddd"
"""Opaque: a picture looks the same on a light and on a dark screen. Ink is at least 7:1 on it."""

FEWER_COLORS = [round(level / 17) * 17 for level in range(256)] * 3
"""16 levels of red, green and blue: half the bytes, and nobody sees it. Our colours are of them."""

TITLE_PT, TEXT_PT = 23, 17
"""A phone shows 1000 pixels as about 370 points: 17 pt are then as large as 9 pt."""

LABEL_GAP = 0.075
"""The least distance between two labels at the right, as a part of the height."""


def draw(request: dict[str, Any]) -> bytes:
    """Return a chart as a PNG without transparency."""
    figure = Figure(
        figsize=(request["width"] / DPI, request["height"] / DPI), dpi=DPI, facecolor=BACKGROUND
    )
    canvas = FigureCanvasAgg(figure)
    bottom = 0.19 if request["footer"] else 0.1
    width = 1 - request["left"] - request["right"]
    axes = figure.add_axes((request["left"], bottom, width, 0.78 - bottom))
    _draw_axes(axes, request)
    for line in request["lines"]:
        _draw_line(axes, line)
    _label_ends(axes, request["lines"])
    _write(figure, request)
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib's
    pixels = bytes(canvas.buffer_rgba())  # type: ignore[no-untyped-call]  # matplotlib's
    size = canvas.get_width_height()
    picture = Image.frombuffer("RGBA", size, pixels, "raw", "RGBA", 0, 1)
    file = io.BytesIO()
    picture.convert("RGB").point(FEWER_COLORS).save(file, "PNG", compress_level=4)
    return file.getvalue()


def _draw_axes(axes: Axes, request: dict[str, Any]) -> None:
    axes.set_facecolor(BACKGROUND)
    axes.set_xlim(*request["x_range"])
    axes.set_ylim(*request["y_range"])
    axes.set_xticks(*_ticks(request["x_ticks"]))
    axes.set_yticks(*_ticks(request["y_ticks"]))
    for (place, _), text in zip(request["x_ticks"], axes.get_xticklabels(), strict=True):
        text.set_horizontalalignment(_side(place, *request["x_range"]))
    axes.grid(visible=True, axis="y", color=GRID, linewidth=1.2)
    axes.tick_params(colors=QUIET, labelsize=TEXT_PT, length=0, pad=8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)
    if request["zero"]:
        axes.axhline(0, color=QUIET, linewidth=1.5)


def _side(place: float, first: float, last: float) -> Literal["left", "center", "right"]:
    """Keep the labels at the edges inside the picture."""
    part = (place - first) / (last - first)
    return "left" if part < 0.05 else "right" if part > 0.95 else "center"  # noqa: PLR2004  # edges


def _ticks(pairs: list[tuple[float, str]]) -> tuple[list[float], list[str]]:
    return [place for place, _ in pairs], [text for _, text in pairs]


def _draw_line(axes: Axes, line: dict[str, Any]) -> None:
    xs, ys, color = line["xs"], line["ys"], line["color"]
    axes.plot(xs, ys, color=color, linewidth=3, solid_joinstyle="round", clip_on=False)
    axes.plot(xs[-1:], ys[-1:], "o", color=color, markersize=9, clip_on=False)
    for x, y, highest in line["marks"]:
        axes.annotate(
            "▲" if highest else "▼",
            (x, y),
            (0, 7 if highest else -7),
            textcoords="offset points",
            color=INK,
            fontsize=TEXT_PT,
            ha="center",
            va="bottom" if highest else "top",
            annotation_clip=False,
        )


def _label_ends(axes: Axes, lines: list[dict[str, Any]]) -> None:
    """Write beside the end of each line what it is, pushed apart where they would overlap."""
    low, high = axes.get_ylim()
    labelled = sorted((line for line in lines if line["label"]), key=lambda line: line["ys"][-1])
    places = _apart([(line["ys"][-1] - low) / (high - low) for line in labelled])
    for place, line in zip(places, labelled, strict=True):
        axes.text(
            1.025,
            place,
            line["label"],
            transform=axes.transAxes,
            color=line["color"],
            fontsize=TEXT_PT,
            fontweight="bold",
            va="center",
        )


def _apart(places: list[float]) -> list[float]:
    """Return rising places with at least a gap between them, as near as can be."""
    apart: list[float] = []
    for place in places:
        apart.append(max(place, apart[-1] + LABEL_GAP) if apart else place)
    over = max(0.0, apart[-1] - 1.0) if apart else 0.0
    for index in range(len(apart) - 1, -1, -1):
        limit = apart[index] - over if index == len(apart) - 1 else apart[index + 1] - LABEL_GAP
        apart[index] = min(apart[index], limit)
    return apart


def _write(figure: Figure, request: dict[str, Any]) -> None:
    title: dict[str, Any] = {"fontsize": TITLE_PT, "weight": "bold", "va": "top"}
    figure.text(0.035, 0.965, request["title"], color=INK, **title)
    figure.text(0.035, 0.875, request["subtitle"], color=QUIET, fontsize=TEXT_PT, va="top")
    figure.text(0.035, 0.035, request["footer"], color=INK, fontsize=TEXT_PT)


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until there are no more."""
    while len(head := requests.read(LENGTH.size)) == LENGTH.size:
        body = requests.read(LENGTH.unpack(head)[0])
        try:
            reply = DRAWN + draw(json.loads(body))
        except Exception as error:  # noqa: BLE001  # told to the bot, which logs it; the next may do
            reply = FAILED + f"{type(error).__name__}: {error}".encode()
        replies.write(LENGTH.pack(len(reply)) + reply)
        replies.flush()
        gc.collect()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
