from collections.abc import Callable

import pytest

from whence.types import Document, Kind

MakeDocument = Callable[..., Document]


@pytest.fixture(scope="session")
def make_document() -> MakeDocument:
    def make(
        text: str, language: str = "python", kind: Kind = "code", path: str = "pkg/mod.py", title: str = ""
    ) -> Document:
        return Document(
            id=f"src:{path}",
            source_id="src",
            revision="r1",
            kind=kind,
            path=path,
            text=text,
            digest="d",
            title=title,
            language=language,
        )

    return make
