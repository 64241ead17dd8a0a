"""Trains the tiny reader of the tests in one of two processes; the first writes the weights and says how far it is."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.training.test_torch_reader import SHORT, examples

from whence.backends.torch_reader import ReaderTrainer


def main() -> None:
    base, out = map(Path, sys.argv[1:])
    trainer = ReaderTrainer(base, out, SHORT, data_digest="test", n_threads=1)
    trainer.run(examples(), lambda _: None)
    if trainer.devices.is_first:
        trainer.export(out / "weights.safetensors")
        print(trainer.step, trainer.n_tokens)  # noqa: T201


if __name__ == "__main__":
    main()
