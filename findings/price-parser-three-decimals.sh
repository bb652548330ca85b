#!/bin/sh
# price-parser 0.5.1 reads an amount with exactly three decimals as thousands: "KWD 0.250" is 250,
# a thousand times too much, although the dinars of Kuwait and Bahrain have three decimals
# (ISO 4217) and no number in thousands begins with "0.". Four decimals are read right.
# Seen with Python 3.11.7:
#   KWD 0.250 -> 250
#   1.234 KWD -> 1234
#   0.0012 BTC -> 0.0012
# Our own reading of amounts takes what could be either as ambiguous, and says how it read it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check price-parser==0.5.1
"$folder/venv/bin/python" - <<'PYTHON'
from decimal import Decimal

from price_parser import Price

seen = {text: Price.fromstring(text).amount for text in ("KWD 0.250", "1.234 KWD", "0.0012 BTC")}
for text, amount in seen.items():
    print(text, "->", amount)
assert list(seen.values()) == [Decimal(250), Decimal(1234), Decimal("0.0012")], "it has changed"
PYTHON
