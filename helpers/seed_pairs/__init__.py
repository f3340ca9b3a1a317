"""Seed pairs: reads files in the formats that people have, and gives rows of instruction and output.

The modules, in the order in which they are best read:

- `rows`: files, folders and `hf://` paths -> rows with fields
- `formats`: the list of formats; each turns a row into turns of a conversation. A table shows examples of all of them.
- `languages`: what a row says of its language -> a code
- `transcripts`: texts that hold a whole conversation -> turns
- `turns`: turns of a conversation -> one pair
- `readers`: reads a whole input, draws a sample, and lists everything that was left out
- `splitting`: divides the pairs into those that models are trained on and those that are held out
"""

from helpers.seed_pairs.formats import FORMATS, Format
from helpers.seed_pairs.readers import of, read
from helpers.seed_pairs.splitting import split

__all__ = ["FORMATS", "Format", "of", "read", "split"]
