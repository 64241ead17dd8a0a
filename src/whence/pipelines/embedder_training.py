"""Training an embedder from start to end: pairs, run, an encoder in the published form, its model folder."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from whence.errors import DiskFullError, UsageError
from whence.pipelines.progress import Listener, Progress, silent
from whence.training.data_use import may_be_passed_on, require_trainable
from whence.training.options import EmbedderTraining

if TYPE_CHECKING:
    from whence.backends.embedder_training import EmbedderRun
    from whence.backends.torch_embedder import EmbedderProgress

ENCODER, MODEL = "encoder", "model"
_SAID_BY = ("config.json", "tokenizer.json", "1_Pooling/config.json", "config_sentence_transformers.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderRequest:
    """What is to be trained, where it goes, and what it begins from: None is the encoder that whence carries."""

    data: tuple[Path, ...]
    out: Path
    options: EmbedderTraining
    base: Path | None = None
    licence: str = ""
    is_resumed: bool = False
    n_threads: int = 2

    @property
    def work(self) -> Path:
        """What is needed while the run lasts."""
        return self.out / "training"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderOutcome:
    """What came out: ``model`` is the folder to name in the settings. Shares: see ``EmbedderRun``."""

    model: Path
    encoder: Path
    n_pairs: int
    n_held_out: int
    before: float
    after: float
    terms: str


def check(request: EmbedderRequest) -> dict[str, str]:
    """Digests of the files by name. Raises ``UsageError`` for data that judges, and for what would be lost."""
    if (request.out / MODEL).exists():
        raise UsageError(f"There is a model in {request.out} already: name another folder for --out.")
    if (request.work / "checkpoint.pt").exists() and not request.is_resumed:
        raise UsageError(f"A run was begun in {request.out}: --resume goes on with it; or name another --out.")
    digests = {}
    for path in request.data:
        require_trainable(path)
        try:
            digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    return digests


def train(
    request: EmbedderRequest,
    listener: Listener = silent,
    on_trained: Callable[["EmbedderProgress"], None] = lambda _: None,
) -> EmbedderOutcome:
    """The whole run. Raises ``UsageError``, ``ModelError``, ``DiskFullError``."""
    from whence.backends.embedder_training import train_embedder

    base = request.base or request.work / "base"
    if request.base is None and not (base / "config.json").is_file():
        from whence.backends.shipped_encoder import write_shipped_encoder
        from whence.embedding.onnx import MINILM

        write_shipped_encoder(MINILM, base)

    def told(now: "EmbedderProgress") -> None:
        on_trained(now)
        note = f"loss {now.loss:.3f}, first {now.first_share:.3f}"
        done = min(now.n_tokens, now.wanted_tokens)
        listener(Progress(stage="training", done=done, total=now.wanted_tokens, rate=now.rate, note=note))

    listener(Progress(stage="reading data"))
    run = train_embedder(request.data, base, request.work, request.options, told, n_threads=request.n_threads)
    listener(Progress(stage="exporting"))
    return _made(request, base, run)


def _made(request: EmbedderRequest, base: Path, run: "EmbedderRun") -> EmbedderOutcome:
    from whence.backends.transformers_export import Wishes, export_encoder

    encoder, model = request.out / ENCODER, request.out / MODEL
    try:
        for name in _SAID_BY:
            if (base / name).is_file():
                (encoder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(base / name, encoder / name)
        shutil.copyfile(run.weights, encoder / "model.safetensors")
    except OSError as error:
        raise DiskFullError(f"The encoder cannot be written to {encoder}: {error.strerror or error}.") from error
    export_encoder(encoder, model, name=request.out.absolute().name, wishes=Wishes(pooling="mean"))
    (request.work / "checkpoint.pt").unlink(missing_ok=True)
    _, terms = may_be_passed_on(list(request.data), request.licence)
    return EmbedderOutcome(
        model=model,
        encoder=encoder,
        n_pairs=run.n_pairs,
        n_held_out=run.n_held_out,
        before=run.before,
        after=run.after,
        terms=terms,
    )
