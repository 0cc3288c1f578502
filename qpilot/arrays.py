"""Arrays from an npz file as a stranger may have written it: no pickle, and no more memory than the file has bytes."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.packing import Unpackable, unpacked


def arrays(content: bytes) -> dict[str, NDArray[Any]]:
    """Name -> array of an npz file. Raises Unpackable where it is none, holds objects, or claims more than it holds."""
    return {name.removesuffix(".npy"): _array(name, data) for name, data in unpacked(content).items()}


def _array(name: str, data: bytes) -> NDArray[Any]:
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = header(stream)
        held = len(data) - stream.tell()
        # Before it is read: numpy sets aside what the header claims.
        if (
            dtype.hasobject
            or any(side < 0 for side in shape)
            or int(np.prod(shape, dtype=object)) * dtype.itemsize != held
        ):
            raise Unpackable(f"array {name!r} is of another size or kind than it says")
        stream.seek(0)
        return np.asarray(np.load(stream, allow_pickle=False))
    except (ValueError, TypeError, EOFError, SyntaxError, MemoryError) as error:
        raise Unpackable(f"array {name!r} cannot be read: {error}") from error
