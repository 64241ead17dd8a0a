"""Trains a tiny model of the tests in one of two processes; the first writes the weights and says how far it is."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.training.tiny_tasks import SHORT, trainer_of


def main() -> None:
    kind, (base, out) = sys.argv[1], map(Path, sys.argv[2:])
    trainer = trainer_of(kind, base, out, SHORT[kind])
    trainer.run(lambda _: None)
    if trainer.devices.is_first:
        trainer.export(out / "weights.safetensors")
        print(trainer.step, trainer.n_tokens)  # noqa: T201


if __name__ == "__main__":
    main()
