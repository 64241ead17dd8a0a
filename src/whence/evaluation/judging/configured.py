"""The judge that the environment names, if it names one."""

from collections.abc import Callable, Mapping

from whence.evaluation.judging.options import judge_options
from whence.evaluation.protocols import Judge
from whence.protocols import Embedder


def judge_of(environment: Mapping[str, str], embedder: Callable[[], Embedder]) -> Judge | None:
    """A language model behind WHENCE_JUDGE_URL, or None. Raises ``JudgeError`` for an address that is none."""
    options = judge_options(environment)
    if options is None:
        return None
    from whence.evaluation.judging.server_judge import ServerJudge

    return ServerJudge(options, embedder)
