"""Write a file so that there is never half of it: beside its place, then moved there.

write_file(Path("J.svg"), b"<svg ...")      # the old J.svg stays until the new one is whole
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from pathlib import Path

from autodiff.wording import legible


def write_file(path: Path, content: bytes) -> None:
    """Write a file beside the path, then give it the path's name: never half a picture."""
    name = legible(path, 300)
    real = Path(os.path.realpath(path))  # of a link, the file that it leads to
    if not os.path.isdir(real.parent):
        raise FileNotFoundError(
            f"cannot write {name}: there is no directory {legible(path.parent, 300)}; make it or"
            " correct the path"
        )
    if os.path.isdir(real):  # which says no where the name is too long even to ask
        raise IsADirectoryError(f"cannot write {name}: it is a directory; add a file's name to it")
    beside = real.with_name(f".{real.name[:40]}.{secrets.token_hex(4)}")
    try:
        if real.exists() and not real.is_file():  # as /dev/null, which must not become a file
            real.write_bytes(content)
            return
        if real.exists() and not os.access(real, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only")
        with beside.open("xb") as file:
            file.write(content)
        if real.exists():
            shutil.copymode(real, beside)
        os.replace(beside, real)
    except OSError as error:
        raise type(error)(
            f"cannot write {name}: {error.strerror or error}; choose another place"
        ) from error
    finally:
        with contextlib.suppress(OSError):  # or the error above would not be seen
            beside.unlink(missing_ok=True)
