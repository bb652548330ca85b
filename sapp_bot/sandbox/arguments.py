"""The command line options of `sandbox`, apart from what carries them out: that imports much."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command line options of `sandbox` to a parser."""
    parser.description = "Talk to the bot here, with local stand-ins for all it needs."
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--web",
        action="store_true",
        help="chat in a browser of this machine: one page with all chats, and a panel for authors",
    )
    what.add_argument(
        "--script",
        metavar="FILE",
        help="play the lines of a file (- is standard input) and print the transcript",
    )
    what.add_argument(
        "--serve",
        action="store_true",
        help="no chat: print how other clients can join, as one line of JSON, until a signal",
    )
    parser.add_argument(
        "--log", metavar="FILE", type=Path, help="append the bot's log to this file"
    )
