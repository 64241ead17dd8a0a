"""Plain questions of newcomers about four repositories: which file answers, and what only sounds as if it were there.

    python -m benchmarks.plain_questions DATA whence=NAME requests=NAME flask=NAME peft=NAME [--rows FILE] [--shown]

``ANSWERED`` maps a question to the files of which one must be cited; what ``NEAR_MISSES`` ask for is in none of the
files, though its words are: the project has something near it. They were written before any answer was read. Half of
the repositories (requests and flask) are in the fit of the confidence, the others are not.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.confidence_suites import Seen, recording_asker
from benchmarks.report import table
from whence.answer.confidence import load_calibration, signals
from whence.build import Parts
from whence.metrics.calibration import auroc
from whence.settings import Settings
from whence.store.scope import Filters, narrow

FITTED = ("requests", "flask")

ANSWERED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "whence": {
        "where is the redaction of secrets done?": ("src/whence/sources/",),
        "which module handles typing errors in questions?": ("src/whence/retrieval/spelling.py",),
        "what does the settings file hold?": ("src/whence/settings.py", "docs/"),
        "where are citations checked against the source?": ("src/whence/answer/citations.py", "docs/answers.md"),
        "which file cuts documents into chunks?": ("src/whence/chunking/",),
        "how are backups restored?": ("src/whence/cli/restore_command.py", "src/whence/store/", "docs/"),
        "where is the reciprocal rank computed?": ("src/whence/metrics/reciprocal_rank.py", "docs/metrics.md"),
        "what happens when the model server does not answer?": (
            "src/whence/answer/",
            "src/whence/evaluation/judging/",
            "docs/",
        ),
        "which part talks to MCP clients?": ("src/whence/serving/", "docs/"),
        "how does the program decide what kind of question was asked?": ("src/whence/answer/", "docs/"),
    },
    "requests": {
        "where are cookies extracted from a response?": ("src/requests/cookies.py",),
        "which module builds the multipart body?": ("src/requests/models.py",),
        "where is the netrc file looked up?": ("src/requests/utils.py", "docs/user/authentication.rst"),
        "what does the hooks module do?": ("src/requests/hooks.py", "docs/"),
        "where is the connection pool created?": ("src/requests/adapters.py",),
        "which part of the code decides whether to bypass proxies?": (
            "src/requests/utils.py",
            "src/requests/sessions.py",
        ),
        "where is digest authentication handled?": ("src/requests/auth.py", "docs/user/authentication.rst"),
        "how are redirects followed?": ("src/requests/sessions.py", "docs/"),
        "which file lists the status codes?": ("src/requests/status_codes.py", "docs/"),
        "where are header names made case insensitive?": ("src/requests/structures.py",),
    },
    "flask": {
        "where are templates rendered?": ("src/flask/templating.py", "docs/"),
        "which module reads configuration from files?": ("src/flask/config.py", "docs/config.rst"),
        "where is the session cookie opened and saved?": ("src/flask/sessions.py",),
        "where is the development server started?": ("src/flask/cli.py", "src/flask/app.py", "docs/"),
        "which file handles JSON tags?": ("src/flask/json/tag.py",),
        "where are static files served?": ("src/flask/app.py", "src/flask/sansio/", "src/flask/blueprints.py", "docs/"),
        "what does the test client offer?": ("src/flask/testing.py", "docs/testing.rst"),
        "where are view functions registered with a URL rule?": ("src/flask/sansio/", "docs/"),
        "how is the logger set up?": ("src/flask/logging.py", "src/flask/", "docs/logging.rst"),
        "which part turns a view's return value into a response?": (
            "src/flask/app.py",
            "src/flask/helpers.py",
            "docs/",
        ),
    },
    "peft": {
        "where are adapter weights saved and loaded?": (
            "src/peft/utils/save_and_load.py",
            "src/peft/peft_model.py",
            "docs/",
        ),
        "which module merges several adapters?": ("src/peft/utils/merge_utils.py", "src/peft/tuners/", "docs/"),
        "where is the prompt encoder of p-tuning?": ("src/peft/tuners/p_tuning/", "docs/"),
        "what does the hotswap module do?": ("src/peft/utils/hotswap.py", "docs/"),
        "where is the rank of AdaLoRA updated?": ("src/peft/tuners/adalora/",),
        "which file defines the optimizer of LoRA+?": ("src/peft/optimizers/loraplus.py", "docs/"),
        "where are target modules matched by name?": ("src/peft/tuners/tuners_utils.py", "src/peft/utils/"),
        "how are quantized layers dispatched?": ("src/peft/tuners/", "docs/developer_guides/quantization.md"),
        "what does the configuration base class hold?": ("src/peft/config.py", "docs/"),
        "where are trainable tokens implemented?": ("src/peft/tuners/trainable_tokens/", "docs/"),
    },
}

NEAR_MISSES: Mapping[str, tuple[str, ...]] = {
    "whence": (
        "where is the translation of documents done?",
        "which module handles voice input of questions?",
        "what does the billing file hold?",
        "where are users registered and their passwords hashed?",
        "which file draws charts with matplotlib?",
        "how are answers sent by email?",
        "where is the Kubernetes operator?",
        "which part uploads chunks to Pinecone?",
        "how does the program summarize meetings?",
        "where is OCR of scanned pages done?",
    ),
    "requests": (
        "where are cookies written to a SQLite database?",
        "which module implements WebSocket connections?",
        "where is the response cache kept on disk?",
        "what does the rate limiter do?",
        "where is HTTP/3 negotiated?",
        "which part of the code solves CAPTCHA challenges?",
        "where is Kerberos authentication handled?",
        "how are asynchronous requests awaited?",
        "which file parses HTML pages?",
        "where are GraphQL queries built?",
    ),
    "flask": (
        "where are database migrations run?",
        "which module sends emails?",
        "where is the user's password hashed by the framework?",
        "where is the OAuth login flow started?",
        "which file handles WebSocket messages?",
        "where are background jobs scheduled with cron?",
        "what does the admin interface offer?",
        "where are requests throttled per user?",
        "how is the OpenAPI schema generated?",
        "which part compiles Sass stylesheets?",
    ),
    "peft": (
        "where are training metrics plotted?",
        "which module serves models over HTTP?",
        "where is the tokenizer of the base model trained?",
        "what does the web dashboard show?",
        "where is reinforcement learning from human feedback done?",
        "which file exports adapters to Core ML?",
        "where are audio files resampled?",
        "how are datasets downloaded from S3?",
        "where is beam search implemented?",
        "which part schedules jobs on SLURM?",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="data folder with the indexes")
    parser.add_argument("indexes", nargs="+", help="REPOSITORY=INDEX")
    parser.add_argument("--rows", type=Path, default=None, help="file that the signals are added to")
    parser.add_argument("--shown", action="store_true", help="print each question with its confidence")
    options = parser.parse_args()
    parts = Parts(Settings(data=options.data))
    threshold, shown = load_calibration().threshold, []
    for name, index in (one.split("=") for one in options.indexes):
        seen = list(_asked(parts, name, index))
        if options.rows:
            with options.rows.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(asdict(one)) + "\n" for one, _ in seen)
        if options.shown:
            print(*(f"{stated:.2f} {'right' if one.is_right else '-':5s} {one.id}" for one, stated in seen), sep="\n")
        stated = np.array([value for _, value in seen])
        answerable = np.array([one.is_answerable for one, _ in seen])
        right = np.array([one.is_right for one, _ in seen])
        row = [name, int(right.sum()), int(((stated >= threshold) & right).sum())]
        shown.append([*row, int((stated[~answerable] < threshold).sum()), auroc(stated.tolist(), answerable.tolist())])
    parts.close()
    headings = ["", "right, never abstaining (of 10)", "right", "near misses caught (of 10)", "AUROC answerable"]
    print(table(headings, shown))


def _asked(parts: Parts, name: str, index: str) -> Iterator[tuple[Seen, float]]:
    """Each question with the confidence of its answer."""
    asker, reader = recording_asker(parts, index)
    scope = narrow(index, asker.snapshot.sources, Filters())
    questions = [*ANSWERED[name].items(), *((one, ()) for one in NEAR_MISSES[name])]
    for question, places in questions:
        reader.last = None
        answer = asker.ask(question, scope)
        one = Seen(
            suite="plain questions",
            id=f"{name}: {question}",
            group=name,
            values=signals(reader.last) if reader.last else {},
            is_answerable=bool(places),
            is_right=any(citation.path.startswith(places) for citation in answer.citations) if places else False,
        )
        yield one, answer.confidence


if __name__ == "__main__":
    main()
