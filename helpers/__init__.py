"""Instruction backtranslation: the package that the notebooks import."""

import logging

# bitsandbytes warns when it is imported that an optional kernel package is absent. Each worker process would repeat that.
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
