"""The team version's stores are there: Prefect's and the journal's database, the bucket, and the home.toml that names them.

`python -m deployments.init`, once before anything else; again changes nothing. Reads QPILOT_HOME, QPILOT_POSTGRES
(user@host:port), QPILOT_JOURNAL_PASSWORD, QPILOT_BUCKET, AWS_ENDPOINT_URL_S3 and AWS's own variables for credentials.
"""

import os
from pathlib import Path

DATABASES = ("prefect", "journal")
SETTINGS = """# Written by deployments/init.py. Secrets come from the environment.
# A network of compose's own: for a server elsewhere take ?sslmode=disable out, and it has to show its certificate.
journal = "postgresql+pg8000://{postgres}/journal?sslmode=disable"
artifacts = "s3://{bucket}/artifacts"

[storage]
endpoint_url = "{endpoint}"
region = "{region}"
"""


def main() -> None:
    """Makes what is missing and says so, a line each."""
    postgres, bucket = os.environ["QPILOT_POSTGRES"], os.environ["QPILOT_BUCKET"]
    endpoint, region = os.environ["AWS_ENDPOINT_URL_S3"], os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
    _databases(postgres, os.environ["QPILOT_JOURNAL_PASSWORD"])
    _bucket(bucket, endpoint, region)
    _settings(Path(os.environ["QPILOT_HOME"]) / "home.toml", postgres, bucket, endpoint, region)


def _databases(postgres: str, password: str) -> None:
    from sqlalchemy import create_engine, make_url, text

    url = make_url(f"postgresql+pg8000://{postgres}/postgres").set(password=password)
    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        there = set(connection.execute(text("SELECT datname FROM pg_database")).scalars())
        for name in DATABASES:
            if name not in there:
                connection.execute(text(f'CREATE DATABASE "{name}"'))
            _say("database", name, name in there)


def _bucket(bucket: str, endpoint: str, region: str) -> None:
    import s3fs

    store = s3fs.S3FileSystem(endpoint_url=endpoint, client_kwargs={"region_name": region})
    there = store.exists(bucket)
    if not there:
        # us-east-1 is the region that must not be named.
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        store.call_s3("create_bucket", Bucket=bucket, **place)
    _say("bucket", bucket, there)


def _settings(path: Path, postgres: str, bucket: str, endpoint: str, region: str) -> None:
    """A home.toml that is there is somebody's choice, and stays."""
    there = path.exists()
    if not there:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(
            SETTINGS.format(postgres=postgres, bucket=bucket, endpoint=endpoint, region=region), encoding="utf-8"
        )
        draft.rename(path)
    _say("settings", str(path), there)


def _say(kind: str, name: str, there: bool) -> None:
    print(f"{kind} {name}: {'there' if there else 'made'}")  # noqa: T201


if __name__ == "__main__":
    main()
