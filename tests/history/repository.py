"""Small repositories with fixed names and dates, and plain git to compare with."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

DAY_S = 86_400
START_S = 1_577_880_000  # 2020-01-01 12:00 UTC


@dataclass
class Scripted:
    """A repository that a test writes; each commit is a day after the one before."""

    path: Path
    day: int = field(default=0)

    def git(self, *arguments: str, author: str = "Ada Lake <ada@example.org>", stdin: bytes = b"") -> bytes:
        name, _, email = author.partition(" <")
        moment = f"{START_S + self.day * DAY_S} +0000"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path.parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email.rstrip(">"),
            "GIT_COMMITTER_NAME": "Committer",
            "GIT_COMMITTER_EMAIL": "committer@example.org",
            "GIT_AUTHOR_DATE": moment,
            "GIT_COMMITTER_DATE": moment,
        }
        command = ["git", "-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", *arguments]
        done = subprocess.run(command, cwd=self.path, env=environment, capture_output=True, check=False, input=stdin)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def lines(self, *arguments: str) -> list[str]:
        return self.git(*arguments).decode("utf-8", "replace").split("\n")[:-1]

    def write(self, path: str, text: str) -> None:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, message: str, author: str = "Ada Lake <ada@example.org>") -> str:
        self.day += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message, author=author)
        return self.head

    def merge(self, *branches: str, message: str, author: str = "Ada Lake <ada@example.org>") -> str:
        self.day += 1
        self.git("merge", "--quiet", "--no-ff", "-m", message, *branches, author=author)
        return self.head

    @property
    def head(self) -> str:
        """Read without git where that is simple: it is asked for at every commit."""
        file = self.git_folder / "HEAD"
        told = file.read_text().strip() if file.is_file() else "ref: "
        loose = self.git_folder / told.removeprefix("ref: ")
        if not told.startswith("ref: "):
            return told
        return loose.read_text().strip() if loose.is_file() else self.git("rev-parse", "HEAD").decode().strip()

    @property
    def git_folder(self) -> Path:
        return self.path / ".git"


def empty(folder: Path) -> Scripted:
    folder.mkdir(parents=True)
    repository = Scripted(folder)
    repository.git("init", "--quiet")
    return repository


CRANE = '"""The crane."""\n\n\ndef lift(load, *, limit=30):\n    """Lift a load."""\n    return min(load, limit)\n'
BOB = "Bob Stone <bob@example.org>"
BOBBY = "bobby <bob@old.example.org>"
GRACE = "Grace Hill <grace@example.org>"
OTHER_GRACE = "Grace Lund <lund@example.org>"


def harbour(folder: Path) -> Scripted:
    """Merges, an octopus, renames, a file removed and added again, a mailmap, both kinds of tags, odd names."""
    made = empty(folder)
    made.write("README.md", "# Harbour\n\nIt has a crane.\n")
    made.write("src/crane.py", '"""The crane."""\n\n\ndef lift(load):\n    return load\n')
    made.commit("First stone")
    made.write("src/crane.py", CRANE)
    made.commit("Limit the load\n\nToo heavy loads broke it, see #7 and GH-8.\n\nReviewed-by: Grace Hill", BOBBY)
    made.git("tag", "v0.1")
    made.git("checkout", "--quiet", "-b", "topic")
    made.write("src/lamp.py", "LAMP = 'red'\n\n\nclass Lamp:\n    colour = LAMP\n")
    made.commit("Add a lamp (#12)", GRACE)
    made.git("checkout", "--quiet", "main")
    made.write("README.md", "# Harbour\n\nIt has a crane and a lamp.\n")
    made.commit("Mention the lamp", BOB)
    made.merge("topic", message="Merge pull request #12 from topic")
    made.git("mv", "src/crane.py", "src/lift.py")
    made.commit("Call it by what it does", GRACE)
    for name in ("left", "right"):
        made.git("checkout", "--quiet", "-b", name, "main")
        made.write(f"docs/{name}.md", f"# {name}\n")
        made.commit(f"Write about {name}", OTHER_GRACE)
    made.git("checkout", "--quiet", "main")
    made.write("docs/main.md", "# main\n")
    made.commit("Write about main")
    made.merge("left", "right", message="Merge left and right")
    (made.path / "src/lamp.py").unlink()
    made.commit("Remove the lamp", BOB)
    made.day += 1
    made.git("tag", "-a", "-m", "Second", "v0.2")
    made.write("src/lamp.py", "LAMP = 'green'\n")
    made.commit("Bring the lamp back", GRACE)
    made.write('odd/tab\there "quoted".txt', "odd\n")
    made.write("odd/line\nbreak.txt", "odd\n")
    made.commit("Write under odd names")
    made.commit("Change nothing, see c0ffee1 and other/project#99")
    made.write(".mailmap", "Bob Stone <bob@example.org> <bob@old.example.org>\n")
    made.commit("Say who is who", BOB)
    made.day += 1
    made.git(
        "-c",
        "i18n.commitEncoding=ISO-8859-1",
        "commit",
        "--quiet",
        "--allow-empty",
        "-F",
        "-",
        stdin="Größe\n".encode("latin-1"),
    )
    return made
