"""Artifacts in an object store: each is put whole, and read back before the journal may name it."""

import contextlib
import importlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qpilot.errors import QpilotError
from qpilot.record.shelf import Shelf

PROTOCOLS: Mapping[str, str] = {"file": "", "memory": "", "s3": "s3fs", "gs": "gcsfs", "abfs": "adlfs"}
"""Those a home may name -> the package each needs. memory:// forgets with its process: for tests.

fsspec knows more: some run what they are given (python, reference), some reach past what is named (filecache, generic).
"""
_READ_BACK_BYTES = 8_000_000
_S3 = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 3}}


class ObjectStore(Shelf):
    """A prefix of a bucket, at a URL of one of PROTOCOLS.

    A put is atomic in every one of these. Holds no connection, so processes may fork.
    """

    def __init__(self, url: str, options: Mapping[str, str]) -> None:
        self.where = url.rstrip("/")
        self._options = dict(options)

    def read(self, name: str) -> bytes | None:
        with self._said("read", name):
            store, root = self._store()
            try:
                return bytes(store.cat_file(_key(root, name)))
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        with self._said("write", name):
            store, root = self._store()
            store.pipe_file(_key(root, name), data)
            whole = len(data) <= _READ_BACK_BYTES
            found = store.cat_file(_key(root, name)) if whole else store.info(_key(root, name))["size"]
        if found != (data if whole else len(data)):
            raise QpilotError(
                f"{self.place(name)} does not hold what was just put there; look at the store, and run again"
            )

    def has(self, name: str) -> bool:
        with self._said("read", name):
            store, root = self._store()
            return _known(store, _key(root, name))

    def names(self) -> Iterable[str]:
        with self._said("list"):
            store, root = self._store()
            return [path.rsplit("/", 1)[-1] for path in store.find(root)]

    def starts(self, names: tuple[str, ...], length: int) -> Iterable[bytes]:
        if not names:
            return []
        with self._said("read"):
            store, root = self._store()
            keys = [_key(root, name) for name in names]
            found = store.cat_ranges(keys, [0] * len(keys), [length] * len(keys), on_error="return")
            for one in found:
                if isinstance(one, Exception) and not isinstance(one, FileNotFoundError):
                    raise one
            return [b"" if isinstance(one, Exception) else bytes(one) for one in found]

    def reach(self) -> None:
        with self._said("reach"):
            store, root = self._store()
            bucket = root.strip("/").split("/")[0]
            if self.where.startswith("memory:") or _known(store, bucket):
                return
        raise QpilotError(f"{self.where}: there is no bucket {bucket!r}; make it, or correct `artifacts` in home.toml")

    def _store(self) -> tuple[Any, str]:
        """The file system and the prefix in it; fsspec keeps one a process."""
        protocol = self.where.partition("://")[0]
        package = PROTOCOLS[protocol]
        try:
            importlib.import_module(package or "fsspec")
        except ImportError as error:
            raise QpilotError(
                f"{self.where} needs {package}, which is not installed: install it and run again"
            ) from error
        from fsspec.core import url_to_fs

        store, root = url_to_fs(self.where, **(_s3(self._options) if protocol == "s3" else {}))
        return store, str(root).rstrip("/")

    @contextlib.contextmanager
    def _said(self, doing: str, name: str = "") -> Iterator[None]:
        """What a store's own client raises, of whatever kind, leaves as a QpilotError that says what to do."""
        try:
            yield
        except QpilotError:
            raise
        except Exception as error:
            raise QpilotError(
                f"cannot {doing} {self.place(name) if name else self.where}: {self._cause(error)}"
            ) from error

    def _cause(self, error: Exception) -> str:
        kind, said = type(error).__name__, str(error).strip().splitlines()[0] if str(error).strip() else ""
        if "Credential" in kind or "Profile" in kind or "Token" in kind:
            return f"{said or kind}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, and run again"
        if isinstance(error, PermissionError):
            return f"{said or 'access denied'}; its credentials need to list, read and write there"
        if isinstance(error, FileNotFoundError):
            return f"{said}; make the bucket, or correct `artifacts` in home.toml"
        return f"{said or kind}; see that the store is up and run again, what was stored before stands"


def _known(store: Any, path: str) -> bool:
    # Not `exists`: that answers False where the store does not answer.
    try:
        store.info(path)
    except FileNotFoundError:
        return False
    return True


def _key(root: str, name: str) -> str:
    return f"{root}/{name[:2]}/{name}"


def _s3(options: Mapping[str, str]) -> dict[str, Any]:
    """s3fs's own words for the options of home.toml. Listings are never remembered: another process writes too."""
    given: dict[str, Any] = {name: options[name] for name in ("endpoint_url", "profile") if name in options}
    region = {"region_name": options["region"]} if "region" in options else {}
    return {"use_listings_cache": False, "config_kwargs": _S3, "client_kwargs": region, **given}
