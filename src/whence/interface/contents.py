"""What an index holds, and whence it comes: pages, cited lines, documents, histories."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from whence.errors import UsageError
from whence.interface.opened import OpenedFolder
from whence.types import HISTORY_KINDS, Chunk, Citation, Document

if TYPE_CHECKING:
    from whence.protocols import History

_DOCUMENTS_AT_ONCE = 200


class Contents(OpenedFolder):
    """Shows what is indexed, and reads again what is cited."""

    def url(self, chunk: Chunk, index: str) -> str:
        """The page of a chunk for people, made from its source's remote, or ""."""
        return self.urls([chunk], index)[0]

    def urls(self, chunks: Sequence[Chunk], index: str) -> list[str]:
        """The pages of chunks for people, in order; "" where a source has none."""
        snapshot = self._opened(index).snapshot
        pages = {source_id: self._parts.permalinks(snapshot, source_id) for source_id in {c.source_id for c in chunks}}
        return [
            pages[chunk.source_id](
                "" if chunk.kind in HISTORY_KINDS else chunk.path, chunk.revision, chunk.start_line, chunk.end_line
            )
            for chunk in chunks
        ]

    def cite_lines(
        self,
        path: str,
        first: int,
        last: int,
        *,
        name: str | None = None,
        as_of: str = "",
        allowed: Collection[str] | None = None,
    ) -> Citation:
        """A citation of some lines of an indexed file (``last`` 0: to its end), at the indexed revision.

        The end of a path is enough where one file has it. With ``as_of`` it is any file of that state, by its whole
        path. Raises ``UsageError`` where the index has no such file, or several, or the file no such lines.
        """
        from whence.pipelines.cited_lines import cited_lines

        index = self.choose(name)
        if as_of:
            return self._earlier.cite_lines(index, path, first, last, as_of, allowed)
        snapshot = self._opened(index).snapshot
        document = self._document(index, path, allowed)
        path = document.path
        last, start, quote = cited_lines(document.text, path, first, last)
        source = snapshot.sources.get(document.source_id)
        revision = source.revision if source and source.committed_at else document.revision
        return Citation(
            document_id=document.id,
            revision=revision,
            path=path,
            start=start,
            end=start + len(quote),
            start_line=first,
            end_line=last,
            quote=quote,
            title=document.title,
            url=self._parts.permalinks(snapshot, document.source_id)(path, revision, first, last),
        )

    def _document(self, index: str, path: str, allowed: Collection[str] | None) -> Document:
        """The document at a path, else the only one whose path ends so. Raises ``UsageError``."""
        found = [one for one in self.ledger.at_path(index, path) if allowed is None or one.source_id in allowed]
        if found:
            return found[0]
        ids = [
            document_id
            for row in self.ledger.sources(index)
            if allowed is None or row.id in allowed
            for document_id in self.ledger.held(index, row.id)
            if document_id.endswith(f"/{path}")
        ]
        ending = [one for one in self.ledger.documents(index, sorted(ids)[:_DOCUMENTS_AT_ONCE]) if one.path]
        if len(ending) > 1:
            first = ", ".join(sorted(one.path for one in ending)[:3])
            raise UsageError(f"{len(ending)} files of {index} end so, {first} among them: name more of the path.")
        if not ending:
            raise UsageError(f"{index} has no file {path!r}: `whence search` shows paths as they are indexed.")
        return ending[0]

    def read(self, citation: Citation) -> str | None:
        """The whole text of a cited document at the cited revision, redacted, or None where it is gone.

        Of a commit: what it says and the beginning of its patch; of a hunk, the commit with all of its patch.
        """
        if not citation.path:
            return self._parts.facts.read(citation)
        return self._text(citation)

    def resolves(self, citation: Citation) -> bool:
        """Whether quote and lines of a citation stand at its source, read again now; a fact may cite a blank line."""
        from whence.answer.citations import verify

        texts = (self._text(citation), None if citation.path else self._parts.facts.read(citation))
        return any(text is not None and (verify(citation, text) or _is_blank(citation, text)) for text in texts)

    def _text(self, citation: Citation) -> str | None:
        names = self.ledger.index_names()
        locations = {row.id: row.location for name in names for row in self.ledger.sources(name)}
        return self._parts.texts([citation], locations)[0]

    def documents(self, name: str) -> Iterator[Document]:
        """Every live document of an index, by source and path."""
        index = self.ledger.require(name)
        for row in self.ledger.sources(index):
            ids = sorted(self.ledger.held(index, row.id))
            for start in range(0, len(ids), _DOCUMENTS_AT_ONCE):
                yield from self.ledger.documents(index, ids[start : start + _DOCUMENTS_AT_ONCE])

    def chunks(self, name: str) -> Iterator[Chunk]:
        """The chunks of every document of an index, cut anew as they are searched."""
        for document in self.documents(name):
            yield from self._parts.chunker.split(document)

    def histories(self, name: str, *, as_of: str = "", allowed: Collection[str] | None = None) -> Sequence[History]:
        """The histories of an index's repositories at its newest snapshot, or as of an earlier state.

        Raises ``AsOfError``.
        """
        index = self.ledger.require(name)
        sources = self._scope(index, None, allowed).sources
        past = self._earlier.find(index, sources, as_of) if as_of else None
        return [one for one in self._parts.facts.histories(index, past) if one.source_id in sources]


def _is_blank(citation: Citation, text: str) -> bool:
    """Whether a citation without a quote is of a line that has nothing to quote."""
    lines = text.split("\n")
    line = citation.start_line
    return not citation.quote and line == citation.end_line <= len(lines) and not lines[line - 1].strip()
