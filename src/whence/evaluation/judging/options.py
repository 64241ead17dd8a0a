"""What a user can set about the judge."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeOptions:
    """An OpenAI-compatible server. ``url`` ends before "/chat/completions" ("http://127.0.0.1:8000/v1").

    ``attempts`` counts the first one; ``max_chars`` cuts each text that is shown, ``max_tokens`` what comes back: a
    model that finds no end would otherwise write until ``timeout_s`` are over.
    """

    url: str
    model: str
    key: str = ""
    timeout_s: float = 60.0
    attempts: int = 2
    max_chars: int = 6000
    max_tokens: int = 2000


def judge_options(environment: Mapping[str, str]) -> JudgeOptions | None:
    """From WHENCE_JUDGE_URL, WHENCE_JUDGE_MODEL and WHENCE_JUDGE_KEY; None without the first."""
    url = environment.get("WHENCE_JUDGE_URL", "").strip().rstrip("/")
    if not url:
        return None
    return JudgeOptions(
        url=url, model=environment.get("WHENCE_JUDGE_MODEL", "default"), key=environment.get("WHENCE_JUDGE_KEY", "")
    )
