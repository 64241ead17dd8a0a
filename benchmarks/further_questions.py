"""Sixty further questions people ask of three more projects: what, how, where, errors, comparisons, settings, gaps.

Written before any answer to them was seen, and before the projects' code was looked at. ``answers.py --further`` asks
them; how the answers were graded stands in ``results/answers_grades.jsonl``.
"""

from collections.abc import Mapping, Sequence
from typing import Final

FURTHER: Final[Mapping[str, Sequence[tuple[str, bool]]]] = {
    "pypa/pip": (
        ("what is a constraints file?", True),
        ("how do I install a package in editable mode?", True),
        ("how do I install from a private package index?", True),
        ("how can I see which packages are outdated?", True),
        ("where does pip store its cache?", True),
        ("where is the configuration file of pip loaded from?", True),
        ("what is the default timeout of pip?", True),
        ("how many times does pip retry a connection by default?", True),
        ('what does "externally-managed-environment" mean?', True),
        ('why do I get "No matching distribution found"?', True),
        ('what causes "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE"?', True),
        ("what is the difference between a requirements file and a constraints file?", True),
        ("what is the difference between --index-url and --extra-index-url?", True),
        ("does pip install dependencies of a package automatically?", True),
        ("can pip install packages from a git repository?", True),
        ("how does the dependency resolver backtrack?", True),
        ("which class finds the best candidate for a requirement?", True),
        ("how do I turn off the version check of pip?", True),
        ("how do I run pip as a daemon with a REST API?", False),
        ("does pip manage versions of the Python interpreter?", False),
    ),
    "huggingface/accelerate": (
        ("what does Accelerator.prepare do?", True),
        ("how do I accumulate gradients?", True),
        ("how do I use mixed precision?", True),
        ("where is the default configuration file saved?", True),
        ("what is the default value of gradient_accumulation_steps?", True),
        ("which mixed precision modes are supported?", True),
        ("what is the difference between gather and gather_for_metrics?", True),
        ("what is the difference between accelerate config and accelerate launch?", True),
        ("how do I save and resume a training checkpoint?", True),
        ("how do I load a model that is too large for one GPU?", True),
        ("what does init_empty_weights do?", True),
        ("does accelerate support DeepSpeed?", True),
        ("can I launch training from a notebook?", True),
        ("how can I print only on the main process?", True),
        ("where is the device map inferred?", True),
        ("which environment variable forces training on the CPU?", True),
        ("what happens if no executable batch size is found?", True),
        ("which experiment trackers are supported?", True),
        ("how do I deploy a trained model to Kubernetes?", False),
        ("which tokenizer does accelerate use by default?", False),
    ),
    "numpy/numpy": (
        ("what is broadcasting?", True),
        ("what is a structured array?", True),
        ("how do I create a random number generator with a seed?", True),
        ("how do I save several arrays in one file?", True),
        ("what is the difference between a copy and a view?", True),
        ("what is the difference between np.dot and np.matmul?", True),
        ("what is the difference between ravel and flatten?", True),
        ("what is the default dtype of np.zeros?", True),
        ("what is the default value of allow_pickle in np.load?", True),
        ("where is the C function that computes strides of a new array?", True),
        ("which file defines LinAlgError?", True),
        ('why do I get "The truth value of an array with more than one element is ambiguous"?', True),
        ("what happens if two shapes cannot be broadcast together?", True),
        ("does numpy support masked arrays?", True),
        ("can I call numpy functions from several threads?", True),
        ("how do I change how many digits are printed?", True),
        ("which algorithms does np.sort offer?", True),
        ("how do I write a universal function in C?", True),
        ("does numpy run on the GPU?", False),
        ("how do I plot a histogram with numpy's plotting window?", False),
    ),
}
"""Questions by repository, and whether its documents or code hold an answer."""
