"""Pages of a run that are published anew only where they changed: a replay shows nothing twice, on whatever server."""

from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactCollectionFilter, ArtifactCollectionFilterKey

from tasks.persisted import stage


@stage("publish", "publish: {key}", again=True)
def publish(key: str, page: str, description: str) -> None:
    """As `show`, as a task of its own."""
    show(key, page, description)


def show(key: str, page: str, description: str) -> None:
    """The latest artifact of this key is `page` (Markdown). key: lower-case letters, digits, hyphens. Inside a task."""
    if page != latest(key):
        create_markdown_artifact(page, key=key, description=description)


def show_link(key: str, link: str, text: str, description: str) -> None:
    """The latest artifact of this key is the link. Inside a task."""
    if f"[{text}]({link})" != latest(key):
        create_link_artifact(link, link_text=text, key=key, description=description)


def latest(key: str) -> object:
    """What the latest artifact of this key holds; None where there is none."""
    wanted = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        found = client.read_latest_artifacts(artifact_filter=wanted)
    return found[0].data if found else None
