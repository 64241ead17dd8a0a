"""Questions about two repositories for the confidence fit: which can be answered where, and what a right citation is.

Four sorts, beside SWE-QA's own: SWE-QA with its code names replaced by invented ones, questions made from names that
one repository defines, and questions as people ask them, written for this purpose. None is answerable elsewhere.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from whence.answer.terms import code_names
from whence.types import Chunk

INVENTED = ("quorum_ledger", "FluxCapacitor", "drain_vortex", "ZephyrBroker", "merge_kelpie", "OrbitShard")
TEMPLATES = ("What does `{}` do?", "Where is {} defined?", "How does {} work?")

PEOPLE_ASK: Mapping[str, Sequence[str]] = {
    "psf/requests": (
        "why is the Authorization header dropped on some redirects?",
        "where is the default timeout of Session.request set?",
        "what is a Session?",
        "How do I stream an upload?",
        "does requests verify SSL certificates by default?",
        "how do I add a retry on failure?",
        "Where is get_netrc_auth defined?",
        "What exception is raised when there are too many redirects?",
        "When does requests raise InvalidSchema?",
        "How are cookies merged?",
        "what does PreparedRequest.prepare_body do?",
        "how can I use a proxy with authentication?",
        "How is the encoding of a response guessed?",
        "how do event hooks work?",
        "what does raise_for_status do",
    ),
    "pallets/flask": (
        "What is a blueprint?",
        "Where is url_for implemented?",
        'Why does Flask raise "Working outside of request context"?',
        "how to return JSON from a view",
        "list the built-in tags of the session serializer",
        "What does the before_request decorator do?",
        "how does the CLI find the application?",
        "How does flask load config from an environment variable?",
        "how are signals sent?",
        "how do I handle file uploads safely?",
        "what is the application context?",
        "how do I register an error handler for 404?",
        "Which class signs the session cookie?",
        "how do I test a view with the test client?",
        "How does stream_with_context keep the request alive?",
    ),
    "": (
        "how does requests talk to Kafka?",
        "how does flask handle graphql subscriptions?",
        "How do I connect to PostgreSQL with asyncpg pool?",
        "What is the capital of France?",
        "Wie funktioniert die Weiterleitung?",
        "how is the neural network trained?",
        "Where is the garbage collector implemented?",
        "how do I deploy this to Kubernetes with Helm?",
        "what does the borrow checker do?",
        "Why was the Raft leader election changed?",
        "which GPU kernels are fused?",
        "How does it render 3D meshes with OpenGL?",
        "wo werden die Sitzungen gespeichert?",
        "how do I train a transformer?",
        "what is the maximum size of a Bluetooth packet?",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question asked of ``repository``; ``right`` maps gold paths to line ranges (empty: any line), None: no answer.

    ``trusted`` marks questions whose answer nobody marked, though it is known to be there.
    """

    repository: str
    question: str
    right: Mapping[str, tuple[tuple[int, int], ...]] | None
    trusted: bool = False


def asked(rows: Sequence[Mapping[str, object]], chunks: Mapping[str, Sequence[Chunk]], seed: int) -> Iterator[Asked]:
    """Every question in every repository; the same question is right in one and without answer in the other."""
    rng = random.Random(seed)
    names = list(chunks)
    for row in rows:
        question, home = str(row["question"]), str(row["repo"])
        for name in names:
            yield Asked(repository=name, question=question, right=_gold(row) if name == home else None)
        if found := code_names(question):
            changed = question
            for number, one in enumerate(found):
                changed = re.sub(rf"\b{re.escape(one)}\b", INVENTED[number % len(INVENTED)], changed)
            yield Asked(repository=home, question=changed, right=None)
    for home in names:
        for question, right in _from_names(chunks[home], chunks, home, rng):
            for name in names:
                yield Asked(repository=name, question=question, right=right if name == home else None)
    for home, questions in PEOPLE_ASK.items():
        for question in questions:
            for name in names:
                yield Asked(repository=name, question=question, right={} if name == home else None, trusted=True)


def _gold(row: Mapping[str, object]) -> dict[str, tuple[tuple[int, int], ...]]:
    files, lines = row["gold_files"], row["gold_lines"]
    assert isinstance(files, list)
    assert isinstance(lines, list)
    return {path: tuple((one["start"], one["end"]) for one in lines if one["file"] == path) for path in files}


def _from_names(
    chunks: Sequence[Chunk], every: Mapping[str, Sequence[Chunk]], home: str, rng: random.Random, n: int = 40
) -> Iterator[tuple[str, dict[str, tuple[tuple[int, int], ...]]]]:
    elsewhere = {_last(c.symbol).lower() for name, own in every.items() if name != home for c in own}
    named = [c for c in chunks if c.symbol and not c.path.startswith(("tests", "examples"))]
    only_here = sorted(
        symbol
        for symbol in {c.symbol for c in named}
        if (last := _last(symbol).lower()) not in elsewhere and len(last) > 5 and not last.startswith("__")
    )
    for number, symbol in enumerate(rng.sample(only_here, min(n, len(only_here)))):
        spoken = symbol if number % 2 else _last(symbol)
        question = TEMPLATES[number % len(TEMPLATES)].format(spoken)
        yield question, _places([c for c in named if spoken in (c.symbol, _last(c.symbol))])


def _last(symbol: str) -> str:
    return symbol.rsplit(".", 1)[-1]


def _places(chunks: Sequence[Chunk]) -> dict[str, tuple[tuple[int, int], ...]]:
    """The lines of every chunk, by path: a definition may be cut in several, a bare name be defined more than once."""
    paths = sorted({c.path for c in chunks})
    return {path: tuple(sorted((c.start_line, c.end_line) for c in chunks if c.path == path)) for path in paths}
