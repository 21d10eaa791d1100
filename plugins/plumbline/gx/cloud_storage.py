"""A store backend in Cloud Storage, with the keys that GX's own had until it was taken out of GX.

    store_backend:
      class_name: TupleGCSStoreBackend
      module_name: plumbline.gx.cloud_storage
      bucket: example-data-docs
      prefix: results

For any of GX's stores, such as that of validation results, and for sites of GX's own builder.
`plumbline.gx.site_builder` reads the same keys and writes with `plumbline.site.bucket`.
"""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import quote

from great_expectations.data_context.store.tuple_store_backend import TupleStoreBackend
from great_expectations.exceptions.exceptions import InvalidKeyError, StoreBackendError
from great_expectations.util import filter_properties_dict

from plumbline.core.errors import ConfigError
from plumbline.site.objects import PRIVATE, PUBLIC, Objects


class TupleGCSStoreBackend(TupleStoreBackend):
    """Keys as objects of a bucket.

    Args:
        bucket: its name.
        prefix: before every object's name.
        project: that pays for the requests; None: that of the credentials.
        base_public_path: what public addresses begin with.
        public_urls: whether addresses are those that ask for no login, of a bucket that anybody may
            read.
        options: as of every backend whose keys are tuples.

    Raises:
        ConfigError: no bucket is named.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        project: str | None = None,
        filepath_template: str | None = None,
        filepath_prefix: str | None = None,
        filepath_suffix: str | None = None,
        forbidden_substrings: list[str] | None = None,
        platform_specific_separator: bool = False,
        fixed_length_key: bool = False,
        suppress_store_backend_id: bool = False,
        manually_initialize_store_backend_id: str = "",
        public_urls: bool = False,
        base_public_path: str | None = None,
        store_name: str | None = None,
    ) -> None:
        options: dict[str, Any] = {
            "filepath_template": filepath_template,
            "filepath_prefix": filepath_prefix,
            "filepath_suffix": filepath_suffix,
            "forbidden_substrings": forbidden_substrings,
            # names of objects have no other separator, whatever system this runs on
            "platform_specific_separator": False,
            "fixed_length_key": fixed_length_key,
            "suppress_store_backend_id": suppress_store_backend_id,
            "manually_initialize_store_backend_id": manually_initialize_store_backend_id,
            "base_public_path": base_public_path,
            "store_name": store_name,
        }
        super().__init__(**options)
        if not bucket:
            raise ConfigError(
                f"the store {store_name or ''!r} has no bucket",
                file="great_expectations.yml",
                key="store_backend.bucket",
                fix="write the bucket's name, without gs://",
            )
        self.bucket = bucket
        self.prefix = (prefix or "").strip("/")
        self.project = project
        self._public_urls = public_urls
        self._objects = Objects(bucket, self.prefix, project=project)
        self._config = {
            **options,
            "bucket": bucket,
            "prefix": prefix,
            "project": project,
            "public_urls": public_urls,
            "module_name": type(self).__module__,
            "class_name": type(self).__name__,
        }
        filter_properties_dict(properties=self._config, clean_falsy=True, inplace=True)

    def list_keys(self, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        """Every key that begins with ``prefix``, sorted."""
        found = []
        for path in self._objects.list(
            "/".join(part for part in (self.filepath_prefix, *prefix) if part)
        ):
            if self._is_missing_prefix_or_suffix(self.filepath_prefix, self.filepath_suffix, path):
                continue
            key = self._convert_filepath_to_key(path)  # type: ignore[no-untyped-call]
            if not key or self.is_ignored_key(key):  # type: ignore[no-untyped-call]
                continue
            if tuple(key[: len(prefix)]) == tuple(prefix):
                found.append(tuple(key))
        return found

    def remove_key(self, key: Any) -> Any:
        """Remove what is stored; whether there was anything."""
        return self._objects.delete(self._path(key))

    def get_url_for_key(self, key: Any, protocol: str | None = None) -> str:
        """Where a person with a role on the bucket finds it, or anybody, if it is public."""
        base = PUBLIC if self._public_urls else PRIVATE
        return f"{base}/{self.bucket}/{quote(self._objects.name(self._path(key)))}"

    def get_public_url_for_key(self, key: Any, protocol: str | None = None) -> str:
        """Below ``base_public_path``."""
        if not self.base_public_path:
            raise StoreBackendError(
                "base_public_path of the store backend is not set, so there is no public address"
            )
        return posixpath.join(str(self.base_public_path), quote(self._path(key)))

    def _get(self, key: Any) -> Any:
        path = self._path(key)
        stored = self._objects.get(path)
        if stored is None:
            raise InvalidKeyError(f"there is no gs://{self.bucket}/{self._objects.name(path)}")
        return stored.content.decode()

    def _get_all(self) -> list[Any]:
        return [self._get(key) for key in self.list_keys() if key != self.STORE_BACKEND_ID_KEY]

    def _set(self, key: Any, value: Any, **kwargs: Any) -> Any:
        """GX's builder of sites gives ``content_type`` and ``content_encoding`` of its pages."""
        path = self._path(key)
        default = "application/json" if path.endswith(".json") else "text/plain; charset=utf-8"
        content_type = kwargs.get("content_type") or default
        content_encoding = kwargs.get("content_encoding") or "utf-8"
        content = value.encode(content_encoding) if isinstance(value, str) else value
        self._objects.put(path, content, content_type=content_type, cache_control="no-cache")
        return f"gs://{self.bucket}/{self._objects.name(path)}"

    def _move(self, source_key: Any, dest_key: Any, **_: Any) -> Any:
        source = self._objects.get(self._path(source_key))
        if source is None:
            return False
        self._set(dest_key, source.content)
        self.remove_key(source_key)
        return dest_key

    def _has_key(self, key: Any) -> bool:
        return self._objects.stat(self._path(key)) is not None

    def _path(self, key: Any) -> str:
        as_tuple = key if isinstance(key, tuple) else key.to_tuple()
        return str(self._convert_key_to_filepath(as_tuple))  # type: ignore[no-untyped-call]
