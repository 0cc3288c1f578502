"""S3, path style, as far as Braket's SDK uses it: buckets, objects, listings. Results of tasks appear when they end."""

from collections.abc import Callable
from email.utils import formatdate
from hashlib import md5
from xml.sax.saxutils import escape

from tests.loopback.clock import stamp
from tests.loopback.register import Register
from tests.loopback.wire import Refusal, Reply, Request

STATUS = {
    "NoSuchKey": 404,
    "NoSuchBucket": 404,
    "BucketAlreadyOwnedByYou": 409,
    "InternalError": 500,
    "ExpiredToken": 400,
}
_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def xml(text: str, status: int = 200) -> Reply:
    """An XML answer."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return Reply(status, body, {"Content-Type": "application/xml"})


def refused(refusal: Refusal) -> Reply:
    """As S3 words it."""
    code = refusal.code.removesuffix("Exception")
    status = STATUS.get(code, refusal.reply().status)
    return xml(f"<Error><Code>{code}</Code><Message>{escape(refusal.message)}</Message></Error>", status)


class Objects:
    """Buckets and objects. `finished(bucket, prefix)`: what ended tasks keep there, by key."""

    def __init__(
        self, register: Register, read: Callable[[str, str], bytes | None], keys: Callable[[str, str], list[str]]
    ) -> None:
        self._register, self._read, self._keys = register, read, keys

    def operation(self, request: Request) -> str:
        """The name of the S3 operation a request asks for."""
        _, key = split(request.path)
        if not key:
            if request.method == "GET":
                return "ListObjectsV2" if "list-type" in request.query else "GetBucketLocation"
            return {"PUT": "CreateBucket", "HEAD": "HeadBucket", "DELETE": "DeleteBucket"}.get(
                request.method, "Unknown"
            )
        names = {"PUT": "PutObject", "GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
        return names.get(request.method, "Unknown")

    def handle(self, operation: str, request: Request) -> Reply:
        """The answer to an S3 request."""
        bucket, key = split(request.path)
        if operation == "CreateBucket":
            if bucket in self._register.buckets:
                raise Refusal("BucketAlreadyOwnedByYou", "Your previous request to create the bucket succeeded.")
            self._register.put_bucket(bucket, request.region)
            return Reply(headers={"Location": f"/{bucket}"})
        if bucket not in self._register.buckets:
            raise Refusal("NoSuchBucket", f"The specified bucket does not exist: {bucket}")
        if operation == "HeadBucket":
            return Reply(headers={"x-amz-bucket-region": self._register.buckets[bucket]})
        if operation == "GetBucketLocation":
            return xml(f"<LocationConstraint {_NAMESPACE}>{self._register.buckets[bucket]}</LocationConstraint>")
        if operation == "ListObjectsV2":
            return self._list(bucket, request)
        if operation == "PutObject":
            self._register.put_object(bucket, key, request.body)
            return Reply(headers={"ETag": f'"{_hash(request.body)}"'})
        if operation == "DeleteObject":
            self._register.delete_object(bucket, key)
            return Reply(204)
        if operation not in ("GetObject", "HeadObject"):
            raise Refusal("MethodNotAllowed", f"{request.method} is not served here")
        body = self._object(bucket, key)
        headers = {
            "ETag": f'"{_hash(body)}"',
            "Content-Type": "binary/octet-stream",
            "Last-Modified": formatdate(usegmt=True),
        }
        return Reply(200, body, headers)

    def _object(self, bucket: str, key: str) -> bytes:
        kept = self._register.objects.get((bucket, key))
        found = self._read(bucket, key) if kept is None else kept
        if found is None:
            raise Refusal("NoSuchKey", "The specified key does not exist.")
        return found

    def _list(self, bucket: str, request: Request) -> Reply:
        prefix = request.query.get("prefix", ("",))[0]
        after = request.query.get("continuation-token", ("",))[0]
        most = int(request.query.get("max-keys", ("1000",))[0])
        put = [key for where, key in list(self._register.objects) if where == bucket and key.startswith(prefix)]
        keys = sorted({*put, *self._keys(bucket, prefix)})
        keys = [key for key in keys if key > after]
        shown = keys[:most]
        listed = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{stamp(0)}</LastModified>"
            f"<Size>{len(self._object(bucket, key))}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for key in shown
        )
        more = len(keys) > most
        following = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if more else ""
        counts = (
            f"<KeyCount>{len(shown)}</KeyCount><MaxKeys>{most}</MaxKeys><IsTruncated>{str(more).lower()}</IsTruncated>"
        )
        head = f"<Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix>"
        return xml(f"<ListBucketResult {_NAMESPACE}>{head}{counts}{following}{listed}</ListBucketResult>")


def split(path: str) -> tuple[str, str]:
    """Bucket and key of a path-style request."""
    bucket, _, key = path.lstrip("/").partition("/")
    return bucket, key


def _hash(body: bytes) -> str:
    return md5(body, usedforsecurity=False).hexdigest()
