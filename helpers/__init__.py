"""Instruction backtranslation: what the notebooks import."""

import logging

# At its import bitsandbytes warns that an optional kernel package is absent; the worker processes would say it again each.
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
