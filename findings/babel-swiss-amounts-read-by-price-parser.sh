#!/bin/sh
# Babel 2.18.0 writes Swiss amounts with the apostrophe of CLDR, U+2019; price-parser 0.5.1 takes
# only the typewriter's apostrophe for a separator and reads what Babel wrote as 1: it loses all
# digits behind the first group, without an error.
# Seen with Python 3.11.7:
#   CHF 1’000.50 -> 1
#   CHF 1'000.50 -> 1000.50
# Our own reading of amounts takes both apostrophes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    babel==2.18.0 price-parser==0.5.1
PYTHONIOENCODING=utf-8 "$folder/venv/bin/python" - <<'PYTHON'
from decimal import Decimal

from babel.numbers import format_currency
from price_parser import Price

written = format_currency(Decimal("1000.50"), "CHF", locale="de_CH")
typed = written.replace("\u2019", "'")
seen = [Price.fromstring(text).amount for text in (written, typed)]
print(written, "->", seen[0])
print(typed, "->", seen[1])
assert "\u2019" in written, "Babel writes another separator"
assert seen == [Decimal(1), Decimal("1000.50")], "price-parser has changed"
PYTHON
