"""Bad input through the real command: one clear sentence, the right exit code, and nothing that was stored is lost."""

import builtins
import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.command import FILES, Result, commit, finish, git, make_repository, run, start, write_files

QUESTION = "How much may a parcel weigh at most?"


@pytest.fixture(scope="module")
def stored_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the index "ferry", and beside it the repository; neither is to be changed.

    Without vectors, since most bad input must be met before a model is asked, and loading it costs time.
    """
    folder = tmp_path_factory.mktemp("stored")
    make_repository(folder / "ferry")
    assert run("index", folder / "ferry", "--until", "text", data=folder / "data").code == 0
    return folder / "data"


@pytest.fixture
def complete(tmp_path: Path, stored_once: Path) -> Path:
    """A copy of it, with vectors."""
    copy = Path(shutil.copytree(stored_once, tmp_path / "complete"))
    assert run("sync", data=copy).code == 0
    return copy


@pytest.fixture
def data(tmp_path: Path, stored_once: Path) -> Iterator[Path]:
    """A copy of it; afterwards it must still answer."""
    copy = Path(shutil.copytree(stored_once, tmp_path / "data"))
    yield copy
    assert_still_there(copy)


def assert_still_there(data: Path) -> None:
    (found,) = run("search", QUESTION, "--json", "--in", "ferry", data=data).records
    assert "README.md" in [hit["path"] for hit in found["hits"]]
    (opened,) = run("open", "README.md", "--json", "--in", "ferry", data=data).records
    assert opened["text"] == FILES["README.md"]
    (status,) = run("status", "--json", data=data).records
    (ferry,) = [index for index in status["indexes"] if index["name"] == "ferry"]
    assert (ferry["documents"], ferry["pending"]) == (len(FILES), 0)


def assert_one_sentence(result: Result, code: int, *words: str) -> None:
    assert result.code == code, result
    assert result.out == ""
    assert "Traceback" not in result.err
    errors = [line for line in result.err.splitlines() if line]
    assert len(errors) == 1, result.err
    assert errors[0].startswith("error: ")
    for word in words:
        assert word in errors[0]


# ---- sources


def test_nothing_there(data: Path, tmp_path: Path) -> None:
    assert_one_sentence(run("index", tmp_path / "absent", data=data), 1, "absent does not exist")
    assert names(data) == ["ferry"]


def test_a_folder_without_anything_to_read(data: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("index", tmp_path / "empty", data=data)
    assert result.code == 0
    assert "nothing in it could be indexed" in result.out


def test_no_such_revision(data: Path, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "other")
    assert_one_sentence(run("index", repository, "--revision", "v9", data=data), 1, "has no revision v9")
    folder = tmp_path / "folder"
    write_files(folder, {"a.md": "# A\n"})
    assert_one_sentence(run("index", folder, "--revision", "v9", data=data), 1, "not a git repository")
    assert names(data) == ["ferry"]


def test_a_corrupt_pack(data: Path, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "broken", {**FILES, "big.txt": "".join(f"line {n}\n" for n in range(5000))})
    git(repository, "repack", "-adq")
    (pack,) = (repository / ".git" / "objects" / "pack").glob("*.pack")
    content = bytearray(pack.read_bytes())
    for at in range(len(content) // 4, len(content) - 40, 97):
        content[at] ^= 0xFF
    pack.chmod(0o600)
    pack.write_bytes(content)
    assert_one_sentence(run("index", repository, data=data), 1, "broken", "git fsck")
    assert names(data) == ["ferry"]


def test_a_source_that_breaks_after_it_was_indexed(data: Path, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "breaks")
    assert run("index", repository, "--until", "text", data=data).code == 0
    commit(repository, {"new.md": "# New\n\nThe tide turns.\n"})
    shutil.rmtree(repository / ".git" / "objects")
    assert_one_sentence(run("sync", "breaks", data=data), 1, "breaks")
    (found,) = run("search", QUESTION, "--json", "--in", "breaks", data=data).records
    assert found["hits"]


def test_a_truncated_pdf(data: Path, tmp_path: Path) -> None:
    write_files(
        tmp_path / "papers", {"cut.pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog", "good.md": "# Good\n\nText.\n"}
    )
    alone = run("index", tmp_path / "papers" / "cut.pdf", data=data)
    assert_one_sentence(alone, 1, "cut.pdf", "damaged PDF")
    assert names(data) == ["ferry"]
    among_others = run("index", tmp_path / "papers", "--until", "text", data=data)
    assert among_others.code == 0
    assert "skipped 1 file (1 damaged PDF)" in among_others.out


def test_a_symbolic_link_out_of_the_root(data: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "outside", {"secret.md": "# Secret\n\nThe treasure lies under the lighthouse.\n"})
    write_files(tmp_path / "docs", {"a.md": "# A\n\nNothing hidden.\n"})
    (tmp_path / "docs" / "file.md").symlink_to(tmp_path / "outside" / "secret.md")
    (tmp_path / "docs" / "folder").symlink_to(tmp_path / "outside")
    result = run("index", tmp_path / "docs", "--until", "text", data=data)
    assert result.code == 0
    assert "symbolic link" in result.out
    (found,) = run("search", "treasure lighthouse", "--json", "--in", "docs", data=data).records
    assert not any("treasure" in hit["text"] for hit in found["hits"])


@pytest.mark.parametrize("url", ["ftp://example.org/x.git", "gopher://example.org/", "ext::sh -c true", "javascript:1"])
def test_a_url_of_another_scheme(data: Path, url: str) -> None:
    assert_one_sentence(run("index", url, data=data), 1, "scheme", "https")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/x.git", "http://169.254.169.254/latest/meta-data", "https://[::1]/x.git", "ssh://10.0.0.1/x"],
)
def test_a_url_of_a_private_address(data: Path, url: str) -> None:
    assert_one_sentence(run("index", url, data=data), 1, "private address")
    assert names(data) == ["ferry"]


# ---- the data folder


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    write_files(tmp_path, {"file": "not a folder", "docs/a.md": "# A\n"})
    place = tmp_path / "file" / "data"
    assert_one_sentence(run("index", tmp_path / "docs", data=place), 1, str(place), "--data")
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_data_folder_that_cannot_be_written(data: Path, tmp_path: Path) -> None:
    with mounted(data, "bind") as place:
        subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)
        write_files(tmp_path, {"docs/a.md": "# A\n"})
        assert_one_sentence(run("index", tmp_path / "docs", data=place), 1, str(place))


@pytest.mark.parametrize(("number", "age"), [("99", "newer"), ("0", "older")])
def test_a_data_folder_of_another_format(stored_once: Path, tmp_path: Path, number: str, age: str) -> None:
    copy = Path(shutil.copytree(stored_once, tmp_path / "copy"))
    earlier = sql(copy, "SELECT value FROM properties WHERE name = 'format'")[0]
    sql(copy, "UPDATE properties SET value = ? WHERE name = 'format'", number)
    for words in (["ask", QUESTION], ["search", QUESTION], ["status"], ["sync"], ["doctor"], ["index", tmp_path]):
        assert_one_sentence(run(*words, data=copy), 1, str(copy), age, "--data")
    sql(copy, "UPDATE properties SET value = ? WHERE name = 'format'", earlier)
    assert_still_there(copy)


def test_an_index_of_another_model(complete: Path) -> None:
    copy = complete
    (record,) = sql(copy, "SELECT record FROM snapshots JOIN indexes ON snapshot = id")
    changed = {**json.loads(record), "embedder": "another-model"}
    sql(copy, "UPDATE snapshots SET record = ?", json.dumps(changed))
    assert_one_sentence(run("ask", QUESTION, data=copy), 1, "ferry", "another model", "whence sync")
    doctor = run("doctor", data=copy)
    assert doctor.code == 1
    assert "another-model" in doctor.out
    assert run("sync", data=copy).code == 0
    assert_still_there(copy)


def test_a_damaged_ledger(stored_once: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(stored_once, tmp_path / "copy"))
    for file in copy.glob("whence.db*"):
        file.write_bytes(b"no database at all" * 100)
    assert_one_sentence(run("ask", QUESTION, data=copy), 1, str(copy), "damaged")


def test_no_index_at_all(tmp_path: Path) -> None:
    place = tmp_path / "never"
    for words in (["ask", QUESTION], ["search", QUESTION], ["open"], ["sync"], ["doctor"], ["remove", "x", "--yes"]):
        assert_one_sentence(run(*words, data=place), 2, str(place), "whence index PATH")
    assert "Nothing is indexed" in run("status", data=place).out
    assert not place.exists()


def test_an_index_removed_meanwhile(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from whence.cli.prompt import prompt
    from whence.interface import Whence
    from whence.store.scope import Filters

    make_repository(tmp_path / "passing", {"a.md": "# Passing\n\nThe cloud passes over the bay.\n"})
    assert run("index", tmp_path / "passing", data=data).code == 0
    told: list[str] = []

    def removed_then_asked() -> Iterator[str]:
        yield "What passes over the bay?"
        assert run("remove", "passing", "--yes", data=data).code == 0
        yield "What passes over the bay?"

    lines = removed_then_asked()

    def typed(_prompt: str) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr(builtins, "input", typed)
    monkeypatch.setattr("whence.cli.prompt.print_error", told.append)
    with Whence(data) as whence:
        prompt(whence, 10, "passing", Filters())
    assert len(told) == 1
    assert "passing" in told[0]


def test_a_full_disk(tmp_path: Path, stored_once: Path) -> None:
    with mounted(tmp_path / "small", "tmpfs", "size=4m") as place:
        copy = Path(shutil.copytree(stored_once, place / "data"))
        words = [" ".join(f"{os.urandom(3).hex()}" for _ in range(1000)) for _ in range(500)]
        write_files(tmp_path / "large", {f"{n}.md": f"# Page {n}\n\n{text}\n" for n, text in enumerate(words)})
        assert_one_sentence(run_quietly("index", tmp_path / "large", "--until", "text", data=copy), 1, "No room left")
        assert_still_there(copy)


# ---- several processes


def test_two_indexers_at_once(data: Path, tmp_path: Path) -> None:
    places = [
        make_repository(tmp_path / name, {"a.md": f"# {name}\n\nThe {name} sails.\n"}) for name in ("brig", "yawl")
    ]
    running = [start("index", place, data=data) for place in places]
    results = [finish(process) for process in running]
    assert [result.code for result in results] == [0, 0], results
    assert names(data) == ["brig", "ferry", "yawl"]
    for name in ("brig", "yawl"):
        (found,) = run("search", f"the {name} sails", "--json", "--in", name, data=data).records
        assert found["hits"][0]["path"] == "a.md"


def test_a_killed_indexer_goes_on_where_it_stopped(data: Path, tmp_path: Path) -> None:
    pages = {f"{n:03}.md": f"# Page {n}\n\n" + f"The harbour number {n} lies at the bay. " * 30 for n in range(90)}
    repository = make_repository(tmp_path / "atlas", pages)
    process = start("index", repository, data=data)
    assert process.stderr is not None
    for line in process.stderr:
        if b"text ready" in line:
            break
    process.send_signal(signal.SIGKILL)
    assert finish(process).code == -signal.SIGKILL
    (found,) = run("search", "harbour number 42", "--json", "--in", "atlas", data=data).records
    assert found["hits"]
    resumed = run("index", repository, data=data)
    assert resumed.code == 0, resumed.err
    assert "90 unchanged" in resumed.out
    atlas = next(
        index for index in run("status", "--json", data=data).records[0]["indexes"] if index["name"] == "atlas"
    )
    assert (atlas["documents"], atlas["pending"], atlas["vectors"]) == (90, 0, atlas["chunks"])
    assert run("doctor", "--in", "atlas", data=data).code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_indexer_says_that_nothing_is_lost(
    data: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    pages = {f"{n:03}.md": f"# Page {n}\n\n" + f"The harbour number {n} lies at the bay. " * 30 for n in range(90)}
    repository = make_repository(tmp_path / "atlas", pages)
    process = start("index", repository, data=data)
    assert process.stderr is not None
    for line in process.stderr:
        if b"text ready" in line:
            break
    process.send_signal(number)
    result = finish(process)
    assert result.code == code
    assert "what was done is kept" in result.err
    assert "Traceback" not in result.err
    assert run("index", repository, "--until", "text", data=data).code == 0


# ---- questions


@pytest.mark.parametrize("question", ["", "  ", "\n\t "])
@pytest.mark.parametrize("command", ["ask", "search"])
def test_an_empty_question(data: Path, command: str, question: str) -> None:
    assert_one_sentence(run(command, question, data=data), 2, "empty")


def test_a_question_of_a_megabyte(data: Path) -> None:
    for command in ("ask", "search"):
        result = run(command, "-", data=data, stdin=b"weight " * 150_000)
        assert_one_sentence(result, 2, "characters", "20,000")


def test_a_question_in_another_language(complete: Path) -> None:
    for question in (
        "Wie schwer darf ein Paket höchstens sein?",
        "包裹最重可以多少公斤？",
        "ما هو أقصى وزن؟",
        "🚢🚢🚢",
    ):
        result = run("ask", question, "--json", data=complete)
        assert result.code in (0, 3), result.err
        (answer,) = result.records
        assert answer["question"] == question
        assert answer["abstained"] or answer["citations"]
    for question in ("Welche Farbe hatte der Hut des Bürgermeisters?", "市长的帽子是什么颜色的？"):
        assert run("search", question, data=complete).code == 0
        assert run("ask", question, data=complete).code == 3


def test_nul_and_invalid_utf8_in_a_question(data: Path) -> None:
    invalid = os.fsdecode(b"how heavy \xff\xfe?")
    for command in ("ask", "search"):
        assert_one_sentence(run(command, "-", data=data, stdin=b"how\x00heavy?"), 2, "NUL")
        assert_one_sentence(run(command, "-", data=data, stdin=b"how heavy \xff\xfe?"), 2, "not UTF-8")
        assert_one_sentence(run(command, invalid, data=data), 2, "not UTF-8")
        assert_one_sentence(finish(start(command, invalid, data=data)), 2, "not UTF-8")


def test_control_characters_in_a_question(data: Path) -> None:
    question = "How much\x1b[2J may a \x07parcel weigh\x7f at most?"
    result = run("ask", question, data=data)
    assert result.code in (0, 3)
    assert not set("\x1b\x07\x7f") & set(result.out + result.err)
    assert run("ask", question, "--json", data=data).records[0]["question"] == question


def test_an_unknown_index(data: Path) -> None:
    for words in (
        ["ask", QUESTION, "--in", "x"],
        ["search", QUESTION, "--in", "x"],
        ["sync", "x"],
        ["remove", "x", "--yes"],
    ):
        assert_one_sentence(run(*words, data=data), 2, "There is no index 'x'", "ferry")


def test_an_unknown_kind(data: Path) -> None:
    for command in ("ask", "search"):
        assert_one_sentence(run(command, QUESTION, "--kind", "film", data=data), 2, "'film'", "code", "doc", "data")


def test_questions_with_bad_json(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(b'{"id": 1, "question": \n["list"]\n' + json.dumps({"id": 3, "question": QUESTION}).encode())
    result = run("ask", "--questions", file, data=data)
    assert (result.code, result.err) == (1, "")
    assert [sorted(record) == ["error", "id"] for record in result.records] == [True, True, False]
    assert "Line 1 is not a JSON object" in result.records[0]["error"]
    assert_one_sentence(run("ask", "--questions", tmp_path / "absent", data=data), 2, "absent", "cannot be read")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("[sources]\nspeed = 3\n", ["'speed'", "timeout_s"]),
        ("[engine]\nx = 1\n", ["[engine]", "sources"]),
        ('[asking]\nk = "many"\n', ["k = 'many'"]),
        ("[asking\n", ["cannot be read", "line 1"]),
        ("\xff", ["cannot be read"]),
    ],
)
def test_a_settings_file_with_a_wrong_entry(data: Path, tmp_path: Path, settings: str, words: list[str]) -> None:
    file = tmp_path / "whence.toml"
    file.write_bytes(settings.encode("latin-1"))
    assert_one_sentence(run("ask", QUESTION, "--config", file, data=data), 2, str(file), *words)
    file.unlink()
    assert_one_sentence(run("ask", QUESTION, "--config", file, data=data), 2, str(file), "No such file")


# ---- what the tests stand on


def names(data: Path) -> list[str]:
    return [index["name"] for index in run("status", "--json", data=data).records[0]["indexes"]]


def run_quietly(*words: object, data: Path) -> Result:
    """Without its progress, so that standard error holds the error alone."""
    result = run(*words, data=data)
    told = [line for line in result.err.splitlines() if line.startswith("error:") or "Traceback" in line]
    return Result(result.code, result.out, "\n".join(told))


def sql(data: Path, statement: str, *values: str) -> list[str]:
    """The first column of what a statement finds in the ledger."""
    with closing(sqlite3.connect(data / "whence.db")) as connection, connection:
        return [row[0] for row in connection.execute(statement, values)]


class mounted:
    """A folder mounted over itself or as a small disk, while the block lasts; skips where that is not permitted."""

    def __init__(self, place: Path, kind: str, options: str = "") -> None:
        self.place = place
        source = [str(place)] if kind == "bind" else ["tmpfs"]
        self.command = ["mount", *(["--bind"] if kind == "bind" else ["-t", kind, "-o", options]), *source, str(place)]

    def __enter__(self) -> Path:
        self.place.mkdir(exist_ok=True)
        try:
            done = subprocess.run(self.command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no mount command here")
        if done.returncode != 0:
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
        return self.place

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)
