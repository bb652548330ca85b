#!/bin/sh
# Babel 2.18.0 (CLDR 47) names the lev as the only currency of Bulgaria for days in 2026; the
# country has had the euro since 2026-01-01 (Council Regulation (EU) 2025/1409).
# Seen with Python 3.11.7:
#   BG on 2026-06-01: ['BGN']
# Our table of currencies has the day itself, and converts levs at the fixed rate.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check babel==2.18.0
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import date

from babel.numbers import get_territory_currencies

seen = get_territory_currencies("BG", date(2026, 6, 1))
print("BG on 2026-06-01:", seen)
assert seen == ["BGN"], "it has changed"
PYTHON
