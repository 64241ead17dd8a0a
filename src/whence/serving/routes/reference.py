"""/docs: every request with an example, as a page that needs no script and nothing from elsewhere."""

import json
from functools import cache
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import HTMLResponse, JSONResponse

from whence.serving.access import Right
from whence.serving.doors import DOORS

router = APIRouter(include_in_schema=False)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
h2{border-top:1px solid var(--line);padding-top:1.2rem;margin-top:2rem;font-size:1.15rem}
code,pre{font:14px/1.45 ui-monospace,monospace}pre{background:var(--soft);padding:.8rem;overflow:auto;border-radius:6px}
.verb{font-weight:700;margin-right:.5rem}.right{float:right;font-size:.85rem;opacity:.75}
table{border-collapse:collapse;width:100%}td{padding:.15rem .6rem .15rem 0;vertical-align:top;font-size:.92rem}
"""
_WHO = {
    Right.OPEN: "no key needed",
    Right.READ: "reader",
    Right.WRITE: "editor",
    Right.ADMIN: "administrator",
}


def schema_of(app: FastAPI) -> dict[str, Any]:
    """OpenAPI of all routes, with the keys that they take."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schema.setdefault("components", {})["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        rights = {(method, path): right for method, path, right in DOORS}
        for path, item in schema["paths"].items():
            for method, operation in item.items():
                right = _right(rights, method.upper(), path)
                operation["security"] = [] if right is Right.OPEN else [{"bearer": []}, {"header": []}]
                operation["x-right"] = _WHO[right]
        app.openapi_schema = schema
    return app.openapi_schema


@router.get("/openapi.json")
async def openapi(request: Request) -> JSONResponse:
    """The OpenAPI document."""
    return JSONResponse(schema_of(request.app))


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """The page for people."""
    page = _page(json.dumps(schema_of(request.app)), str(request.base_url).rstrip("/"))
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})


def _right(rights: dict[tuple[str, str], Right], method: str, path: str) -> Right:
    """OpenAPI writes {id} where a door may have {id:path}."""
    for (door_method, door_path), right in rights.items():
        if door_method == method and door_path.replace(":path}", "}") == path:
            return right
    return Right.ADMIN


@cache
def _page(schema_text: str, base: str) -> str:
    schema = json.loads(schema_text)
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(schema['info']['title'])}</title><style>{_STYLE}</style>",
        f"<h1>{escape(schema['info']['title'])} <small>{escape(schema['info']['version'])}</small></h1>",
        f"<p>{escape(schema['info']['description'])}</p>",
        "<p>Send a key as <code>Authorization: Bearer KEY</code>. The same for programs: "
        "<a href='openapi.json'>openapi.json</a>.</p>",
    ]
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            parts.append(_operation(method.upper(), path, operation, schema, base))
    return "".join(parts)


def _operation(method: str, path: str, operation: dict[str, Any], schema: dict[str, Any], base: str) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code><td>{escape(each['in'])}<td>{escape(each.get('description', ''))}"
        for each in operation.get("parameters", [])
    )
    description = escape(operation.get("description", "")).replace("\n\n", "<p>")
    return (
        f"<h2><span class='right'>{escape(operation['x-right'])}</span><span class='verb'>{method}</span>"
        f"<code>{escape(path)}</code></h2><p><b>{escape(operation.get('summary', ''))}.</b> {description}"
        f"<table>{rows}</table><pre>{escape(_example(method, path, operation, schema, base))}</pre>"
    )


def _example(method: str, path: str, operation: dict[str, Any], schema: dict[str, Any], base: str) -> str:
    """A call for a shell."""
    call = "curl" + (f" -X {method}" if method != "GET" else "") + f" {base}{path}"
    if operation["security"]:
        call += ' \\\n  -H "Authorization: Bearer $KEY"'
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = content.get("schema", {})
    if "$ref" in body:
        body = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    if examples := body.get("examples"):
        call += f" \\\n  -H 'Content-Type: application/json' -d '{json.dumps(examples[0])}'"
    return call
