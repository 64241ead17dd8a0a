"""Sixty questions of every kind that people new to a project ask: how, where, what, why, lists, defaults, gaps.

Written before any answer to them was seen. ``answers.py`` asks them; how the answers were graded stands in
``results/answers_grades.jsonl``.
"""

from collections.abc import Mapping, Sequence
from typing import Final

EVERYDAY: Final[Mapping[str, Sequence[tuple[str, bool]]]] = {
    "psf/requests": (
        ("How does requests choose the encoding of a response?", True),
        ("how does Session.send handle redirects?", True),
        ("how do sessions, adapters and urllib3 pools work together when a request is sent?", True),
        ("how does Session.request use prepare_request and send?", True),
        ("where are cookies merged into a prepared request?", True),
        ("where are proxies read from the environment?", True),
        ("what does raise_for_status do?", True),
        ("what is a transport adapter?", True),
        ("why does a session ignore trust_env for netrc?", True),
        ("list all exceptions of requests", True),
        ("which classes inherit from AuthBase?", True),
        ("what methods does the Session class have?", True),
        ("what parameters does Session.request take?", True),
        ("what is the default value of max_redirects?", True),
        ("what is the default pool size of HTTPAdapter?", True),
        ("which exception is raised when a URL has no scheme?", True),
        ("what happens if the response body is not valid JSON?", True),
        ("what is the difference between ConnectTimeout and ReadTimeout?", True),
        ("how can I turn off certificate verification?", True),
        ("how do I stream a large download to a file?", True),
        ("which tests cover digest authentication?", True),
        ("does requests retry failed requests on its own?", True),
        ("how do I write to a MongoDB database with requests?", False),
        ("does requests have a command line interface?", False),
    ),
    "pallets/flask": (
        ("how does flask dispatch a request to a view function?", True),
        ("how do the application context and the request context depend on each other?", True),
        ("how does Blueprint.register use BlueprintSetupState?", True),
        ("how are errors raised in a view turned into a response?", True),
        ("where is the session cookie signed?", True),
        ("where does flask load the .env file?", True),
        ("what does url_for do?", True),
        ("what is a blueprint?", True),
        ("why does working outside of the application context raise an error?", True),
        ("list all signals that flask sends", True),
        ("which classes inherit from JSONProvider?", True),
        ("what methods does the Config class have?", True),
        ("what parameters does the Flask constructor take?", True),
        ("what is the default of SESSION_COOKIE_NAME?", True),
        ("what is the default lifetime of a permanent session?", True),
        ("which errors can from_pyfile raise?", True),
        ("what happens if a view returns None?", True),
        ("what is the difference between Flask.route and Flask.add_url_rule?", True),
        ("how can I register a custom error page for 404?", True),
        ("how do I test a view that needs a logged in user?", True),
        ("where are the tests of the test client?", True),
        ("can a blueprint be nested in another one?", True),
        ("which password hashing algorithm does flask use?", False),
        ("how do I scale flask with its built-in job queue?", False),
    ),
    "huggingface/peft": (
        ("how does get_peft_model wrap a base model?", True),
        ("how does LoraLayer use update_layer to make its adapter weights?", True),
        ("where are adapter weights merged into the base weights?", True),
        ("what is the default rank of LoraConfig?", True),
        ("which classes inherit from BaseTuner?", True),
        ("which PEFT types are there?", True),
        ("what does prepare_model_for_kbit_training do?", True),
        ("why are adapters disabled with a context manager?", True),
        ("how do I load a trained adapter for inference?", True),
        ("what is the difference between merge_and_unload and unload?", True),
        ("what error do I get if target_modules are not found in the model?", True),
        ("does peft train tokenizers from scratch?", False),
    ),
}
"""Questions by repository, and whether its documents or code hold an answer."""
