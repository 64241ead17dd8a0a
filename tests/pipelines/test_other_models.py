"""A new embedder is written beside the old one, which serves until the new one has its vectors."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.backends.published import make_model

from whence.errors import ModelError, VersionError
from whence.interface import Whence
from whence.pipelines.options import AskingOptions
from whence.settings import Settings

TEXT = {
    "lamp.md": "# Lamp\n\nThe lamp is lit at dusk by the keeper of the harbour.\n",
    "crane.md": "# Crane\n\nThe crane lifts stone and rope from the ships.\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in TEXT.items():
        (folder / name).write_text(text)
    return folder


def with_model(whence: Whence, model: str) -> Whence:
    settings = whence.settings
    return Whence(settings=replace(settings, embedding=replace(settings.embedding, model=model)))


def embedder_of(whence: Whence) -> str:
    snapshot = whence.ledger.snapshot("project")
    assert snapshot is not None
    return snapshot.embedder


def test_the_old_model_serves_until_the_new_one_has_its_vectors(tmp_path: Path, project: Path) -> None:
    tiny = str(make_model(tmp_path / "tiny"))
    asking = AskingOptions(least_vectors=0.5)
    with Whence(settings=Settings(data=tmp_path / "data", asking=asking)) as old:
        old.index(project)
        shipped = embedder_of(old)
        question = "who lights the lamp?"
        before = old.search(question)
        with with_model(old, tiny) as new:
            assert new.search(question).hits[0].chunk.path == before.hits[0].chunk.path
            assert "dense" in new.search(question).hits[0].legs
            (project / "rope.md").write_text("# Rope\n\nRopes are stored in the loft.\n")
            new.sync("project", until="text")
            assert embedder_of(new) == shipped
            assert "dense" in new.search(question).hits[0].legs
            assert "rope.md" in {hit.chunk.path for hit in new.search("ropes in the loft").hits}
            [status] = new.status()
            new.sync("project")
            assert embedder_of(new) == new.embedder.digest != shipped
            assert new.search(question).hits[0].legs["dense"].score != before.hits[0].legs["dense"].score
        assert status.vectors < status.embeddable
        # Whoever still has the old settings is served by the model that made the vectors.
        assert "dense" in old.search(question).hits[0].legs
        assert old.ask(question).models["embedder"] == embedder_of(old)


def test_a_model_that_is_gone_is_named(tmp_path: Path, project: Path) -> None:
    import shutil

    tiny = str(make_model(tmp_path / "tiny"))
    with Whence(settings=Settings(data=tmp_path / "data")) as first, with_model(first, tiny) as whence:
        whence.index(project)
        shutil.rmtree(whence.folder.models)
        shutil.rmtree(tiny)
        with with_model(whence, tiny) as again, pytest.raises(ModelError, match="no model folder"):
            again.search("lamp")
        with Whence(settings=first.settings) as plain:
            with pytest.raises(VersionError, match="come from another model"):
                plain.search("lamp")
            plain.sync("project")
            assert plain.search("lamp").hits
