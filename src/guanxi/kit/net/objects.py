"""Storage that speaks S3, for the lake. Needs the packages of the extra `s3`.

Where it is and who we are there is said by the environment as everywhere with S3: `AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, and `AWS_ALLOW_HTTP=true` for an address without TLS. It is
the operator's word, as the address of the database is, so storage inside our own network is as good as any other
(docs/decisions/0006).
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4


def is_address(place: object) -> bool:
    return "://" in str(place)


def filesystem() -> Any:
    """For DuckDB, which reads through it."""
    return import_module("obstore.fsspec").FsspecStore("s3")


def rename(place: str, other: str) -> None:
    """Every object below one address goes below the other."""
    parts, target = urlsplit(place), urlsplit(other)
    store, prefix = _store(place), parts.path.strip("/")
    for found in list(store.list(prefix=prefix)):
        for one in found:
            store.rename(one["path"], target.path.strip("/") + one["path"].removeprefix(prefix))


def problem(place: str) -> tuple[str, str] | None:
    """What keeps a lake from being there, and how to mend it; tried with one small object."""
    if urlsplit(place).scheme != "s3":
        return f"{place} is no address of S3.", "GUANXI_LAKE is a folder or s3://bucket/path."
    if find_spec("obstore") is None or find_spec("fsspec") is None:
        return "The packages for S3 are missing.", "pip install 'guanxi[s3]'"
    errors = import_module("obstore.exceptions")
    store, name = _store(place), f"{urlsplit(place).path.strip('/')}/.guanxi-{uuid4().hex}"
    try:
        store.put(name, b"", mode="create")
        try:
            store.put(name, b"", mode="create")
        except errors.AlreadyExistsError:
            return None
        finally:
            store.delete(name)
    except (errors.BaseError, OSError) as error:
        return (
            f"The storage of the lake does not take an object ({type(error).__name__}).",
            "Look at AWS_ENDPOINT_URL, AWS_REGION, the keys, and whether the bucket is there.",
        )
    return "The storage of the lake overwrites what it was told to write only once.", "Use one with conditional writes."


def _store(place: str) -> Any:
    without_tls = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
    options = {"timeout": "20s", "connect_timeout": "5s", "allow_http": without_tls}
    bucket = urlsplit(place).netloc
    return import_module("obstore.store").S3Store(bucket, client_options=options, retry_config={"max_retries": 2})
