"""S3 as Braket's SDK uses it, STS, and what is not served."""

import io
import urllib.error
import urllib.request

import pytest

from tests.loopback import Loopback
from tests.loopback_tests.asking import BUCKET, boto, box, create, program_set, refusal, sdk


def test_the_sdks_default_bucket_is_made_once(braket_service: Loopback) -> None:
    session = sdk()
    assert session.default_bucket() == "amazon-braket-eu-north-1-123456789012"
    assert sdk().default_bucket() == session.default_bucket()


def test_objects_are_kept_as_they_were_put(braket_service: Loopback, tmp_path) -> None:
    session = sdk()
    bucket = session.default_bucket()
    here, back = tmp_path / "here", tmp_path / "back"
    here.write_bytes(bytes(range(256)) * 100)
    session.upload_to_s3(str(here), f"s3://{bucket}/a folder/ü.bin")
    session.download_from_s3(f"s3://{bucket}/a folder/ü.bin", str(back))
    assert back.read_bytes() == here.read_bytes()
    assert session.list_keys(bucket, "a folder/") == ["a folder/ü.bin"]
    session.s3_client.delete_object(Bucket=bucket, Key="a folder/ü.bin")
    assert "Contents" not in session.s3_client.list_objects_v2(Bucket=bucket)


def test_an_uploaded_stream_is_kept(client) -> None:
    client("s3").upload_fileobj(io.BytesIO(b"x" * 100_000), BUCKET, "k")
    assert client("s3").head_object(Bucket=BUCKET, Key="k")["ContentLength"] == 100_000


def test_listings_come_in_pages(client) -> None:
    for number in range(5):
        client("s3").put_object(Bucket=BUCKET, Key=f"p/{number}", Body=b"x")
    pages = list(
        client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 2})
    )
    assert [len(page["Contents"]) for page in pages] == [2, 2, 1]


def test_the_results_of_a_task_are_listed(braket_service: Loopback, client) -> None:
    arn = create(client("braket"), "t", action=program_set(box("prx(1, 2) $1")), shots=10)
    folder = client("braket").get_quantum_task(quantumTaskArn=arn)["outputS3Directory"]
    listed = client("s3").list_objects_v2(Bucket=BUCKET, Prefix="tasks/")["Contents"]
    assert {entry["Key"].removeprefix(folder + "/") for entry in listed} == {
        "metadata.json",
        "programs/0/executables/0.json",
        "programs/0/program.json",
        "programs/0/results.json",
        "results.json",
    }


@pytest.mark.parametrize(("bucket", "key", "code"), [(BUCKET, "none", "NoSuchKey"), ("none", "none", "NoSuchBucket")])
def test_what_is_not_there(client, bucket: str, key: str, code: str) -> None:
    assert refusal(client("s3").get_object, Bucket=bucket, Key=key)[::2] == (code, 404)
    assert refusal(client("s3").head_object, Bucket=bucket, Key=key)[2] == 404


def test_a_result_is_not_there_before_the_task_ends(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "life", queued=1)
    arn = create(client("braket"), "t")
    key = f"tasks/{arn.rsplit('/', 1)[-1]}/results.json"
    assert refusal(client("s3").get_object, Bucket=BUCKET, Key=key)[0] == "NoSuchKey"
    for _ in range(2):
        client("braket").get_quantum_task(quantumTaskArn=arn)
    assert client("s3").head_object(Bucket=BUCKET, Key=key)["ContentLength"] > 1000


def test_errors_of_s3_and_sts_are_worded_as_theirs(braket_service: Loopback, client) -> None:
    braket_service.faults.add("GetObject", "AccessDeniedException")
    assert refusal(client("s3").get_object, Bucket=BUCKET, Key="k")[::2] == ("AccessDenied", 403)
    braket_service.faults.add("GetCallerIdentity", "ExpiredTokenException")
    assert refusal(client("sts").get_caller_identity)[::2] == ("ExpiredToken", 403)
    assert client("sts").get_caller_identity()["Account"] == "123456789012"


def test_a_call_without_a_signature_is_refused(braket_service: Loopback) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(braket_service.url + "/quantum-task/none")
    assert (refused.value.code, refused.value.headers["x-amzn-errortype"]) == (
        403,
        "MissingAuthenticationTokenException",
    )


def test_what_is_not_served_is_said(braket_service: Loopback) -> None:
    jobs = boto("us-east-1").client("braket")
    assert "not an operation served here" in refusal(jobs.search_jobs, filters=[])[1]
