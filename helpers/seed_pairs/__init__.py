"""Seed pairs: whatever files people have, to (instruction, output) rows.

In reading order:

- `rows`: files, folders and `hf://` paths -> rows with fields
- `formats`: the list of formats, each a way from a row to turns; the table of them with an example each
- `turns`: turns of a conversation -> one pair
- `readers`: all of it over an input, a sample by draw, and what was left out
- `splitting`: pairs to train on and pairs that are held out
"""

from helpers.seed_pairs.formats import FORMATS, Format
from helpers.seed_pairs.readers import read
from helpers.seed_pairs.splitting import split

__all__ = ["FORMATS", "Format", "read", "split"]
