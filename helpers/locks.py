"""One process at a time works on a stage: a lock on a file, which ends with its process. ``runs.locked`` tells of it."""

import errno
import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from helpers.runs import ArtifactError


@contextmanager
def guarded(lock: Path, what: str) -> Iterator[None]:
    """Hold the lock of a stage, and turn a full disk into an error that explains it.

    Args:
        lock: the file to lock; it is made if it does not exist.
        what: the stage, as messages name it.

    Raises:
        ArtifactError: another process holds the lock, the disk has no file locks, or it is full.
    """
    with lock.open("w") as file:
        try:
            _take(file)
        except BlockingIOError:
            raise ArtifactError(f"{what} is being written by another process: wait for it or stop it") from None
        except OSError as error:  # a network disk may have no file locks
            raise ArtifactError(f"{what} cannot be locked in {lock.parent} ({error.strerror}): use a local disk") from None
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise ArtifactError(f"the disk is full; {what} is safe up to here: free space and run again") from error


def _take(file: IO[str], tries: int = 3) -> None:
    """Take the lock. Whoever asks for the status of a run holds it for a moment, so it is tried again."""
    for _ in range(tries - 1):
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(0.1)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
