"""Everything the service must not forget, kept in memory and, if asked, line by line in a file a restart reads."""

import base64
import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.loopback.tasks import Accepted, Task


class Register:
    """Tasks by ARN, tasks by token, objects by (bucket, key), spending limits by ARN, figures by device name."""

    def __init__(self, file: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.tasks: dict[str, Task] = {}
        self.tokens: dict[str, list[Task]] = {}
        self.directories: dict[tuple[str, str], Task] = {}
        self.objects: dict[tuple[str, str], bytes] = {}
        self.buckets: dict[str, str] = {}
        self.limits: dict[str, dict[str, Any]] = {}
        self.figures: dict[str, dict[str, Any]] = {}
        self._written: set[str] = set()
        if file is not None and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                with suppress(json.JSONDecodeError):  # a line is cut where the service was killed
                    self._replay(json.loads(line))
        self._file = file.open("a", encoding="utf-8") if file is not None else None
        if self._file is not None and self._file.tell():
            self._file.write("\n")

    def close(self) -> None:
        """The file is closed."""
        if self._file is not None:
            self._file.close()

    def clear(self) -> None:
        """Nothing is known any more; the file keeps what it has, and says so."""
        with self.lock:
            self._record({"event": "reset"})
            self._forget()

    def accept(self, accepted: Accepted) -> Task:
        """The task exists, on file before this returns."""
        with self.lock:
            self._record({"event": "task"} | accepted.json())
            return self._enter(accepted)

    def note_end(self, task: Task, state: str) -> None:
        """The end of a task is on file once."""
        with self.lock:
            if task.arn in self._written or self._file is None:
                return
            self._written.add(task.arn)
            ended = {"state": state, "ended": task.ended, "ran": task.ran}
            self._record({"event": "end", "arn": task.arn, **ended})

    def put_bucket(self, name: str, region: str) -> None:
        """The bucket exists."""
        with self.lock:
            self._record({"event": "bucket", "name": name, "region": region})
            self.buckets[name] = region

    def put_object(self, bucket: str, key: str, body: bytes) -> None:
        """The object exists."""
        with self.lock:
            kept = base64.b64encode(body).decode()
            self._record({"event": "object", "bucket": bucket, "key": key, "body": kept})
            self.objects[bucket, key] = body

    def delete_object(self, bucket: str, key: str) -> None:
        """The object does not exist."""
        with self.lock:
            self._record({"event": "no-object", "bucket": bucket, "key": key})
            self.objects.pop((bucket, key), None)

    def put_limit(self, arn: str, limit: dict[str, Any] | None) -> None:
        """The spending limit is so, or gone."""
        with self.lock:
            self._record({"event": "limit", "arn": arn, "limit": limit})
            self._limit(arn, limit)

    def put_figures(self, name: str, figures: dict[str, Any]) -> None:
        """The device's figures are these from now on."""
        with self.lock:
            self._record({"event": "figures", "name": name, "figures": figures})
            self.figures[name] = figures

    def put_tags(self, arn: str, tags: dict[str, str]) -> None:
        """The task's tags are these from now on."""
        with self.lock:
            self._record({"event": "tags", "arn": arn, "tags": tags})
            self.tasks[arn].tags = tags

    def _record(self, event: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(event) + "\n")
            self._file.flush()

    def _forget(self) -> None:
        for kept in (self.tasks, self.tokens, self.directories, self.objects, self.buckets, self.limits, self.figures):
            kept.clear()
        self._written.clear()

    def _enter(self, accepted: Accepted) -> Task:
        task = Task(accepted)
        self.tasks[accepted.arn] = task
        self.tokens.setdefault(accepted.token, []).append(task)
        self.directories[accepted.bucket, accepted.directory] = task
        return task

    def _limit(self, arn: str, limit: dict[str, Any] | None) -> None:
        if limit is None:
            self.limits.pop(arn, None)
        else:
            self.limits[arn] = limit

    def _replay(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "task":
            self._enter(Accepted.read(event))
        elif kind == "end":
            task = self.tasks[event["arn"]]
            task.ran = event["ran"]
            task.settle(event["state"], event["ended"])
            self._written.add(task.arn)
        elif kind == "bucket":
            self.buckets[event["name"]] = event["region"]
        elif kind == "object":
            self.objects[event["bucket"], event["key"]] = base64.b64decode(event["body"])
        elif kind == "no-object":
            self.objects.pop((event["bucket"], event["key"]), None)
        elif kind == "limit":
            self._limit(event["arn"], event["limit"])
        elif kind == "figures":
            self.figures[event["name"]] = event["figures"]
        elif kind == "tags":
            self.tasks[event["arn"]].tags = event["tags"]
        elif kind == "reset":
            self._forget()
