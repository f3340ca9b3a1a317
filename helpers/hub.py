"""Files on the Hugging Face hub, by `hf://` path. An error says in one sentence what is wrong and what to do.

Pages, seed pairs and prompts are all read through this module, which does not know what the files hold.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from huggingface_hub import HfFileSystem, constants
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HfUriError,
    HFValidationError,
    HTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

PREFIX = "hf://"


def files(path: str) -> list[str]:
    """The files that a path on the hub stands for, sorted, as `hf://` paths.

    Args:
        path: `hf://datasets/OWNER/NAME[@REVISION][/PATH]`: a file, a folder, a whole repository, or a pattern with `*`.

    Raises:
        OSError: the path cannot be read; see `explained`.
    """
    with explained(path):
        hub = HfFileSystem()
        if "*" in path:
            found = hub.glob(path)
        else:
            info = hub.info(path)
            found = hub.find(path) if info["type"] == "directory" else [info["name"]]
        if not found:
            raise FileNotFoundError(path)
    return [PREFIX + file for file in sorted(found)]


def opened(path: str) -> BinaryIO:
    """A file on the hub; its blocks are fetched as they are read. Open and read it inside `explained`."""
    return HfFileSystem().open(path, "rb")


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Turn an error of the hub's client about `path` into one sentence that names the cause and the remedy.

    Raises:
        PermissionError: the repository is gated, or the token is refused.
        FileNotFoundError: there is no such repository, revision or file, or it is private.
        ConnectionError: offline mode is on, or the hub cannot be reached.
        ValueError: `path` is not a path on the hub.
    """
    try:
        yield
    except (FileNotFoundError, OfflineModeIsEnabled, HTTPError, HfUriError, HFValidationError) as error:
        HfFileSystem().invalidate_cache()  # else it would not look again for what it has missed once, even after a login
        found = error.__cause__ if isinstance(error, FileNotFoundError) else error
        raise _explanation(path, found or error) from None


def _explanation(path: str, error: BaseException) -> Exception:
    local = "or point at a local file"
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    if isinstance(error, OfflineModeIsEnabled):
        return ConnectionError(f"{path} is on the hub and offline mode is on: unset HF_HUB_OFFLINE, {local}.")
    if isinstance(error, HTTPError) and status is None:
        name = type(error).__name__
        return ConnectionError(f"{path}: {constants.ENDPOINT} cannot be reached ({name}): check the network, {local}.")
    if isinstance(error, GatedRepoError):
        return PermissionError(f"{path} is gated: accept its terms on its page, log in with `hf auth login`, {local}.")
    if isinstance(error, (HfUriError, HFValidationError)):
        return ValueError(f"{path} is no path on the hub: write hf://datasets/OWNER/NAME[@REVISION][/PATH], {local}.")
    if isinstance(error, RevisionNotFoundError):
        return FileNotFoundError(f"{path} names a revision that is not there: check the spelling after the @, {local}.")
    if isinstance(error, RepositoryNotFoundError):
        remedy = "check the spelling; if it is private, log in with `hf auth login`"
        return FileNotFoundError(f"{path}: no such repository on the hub: {remedy}, {local}.")
    if status in (401, 403):
        return PermissionError(f"{path}: the hub refuses the token ({status}): log in again with `hf auth login`, {local}.")
    if status and status != 404:
        return ConnectionError(f"{path}: the hub answers {status}: try again later, {local}.")
    return FileNotFoundError(f"{path}: no such file in the repository: check the spelling, {local}.")
