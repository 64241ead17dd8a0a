"""The floor: a minimal FastAPI over bm25s and the same embedder, same chunks, same stream of events.

It finds ten passages by words, orders them by the cosine of the question, and returns the sentence of the first that is
nearest to the question. No rights, no log, no citations that are read again, no confidence.

python -m benchmarks.load.baseline DATA INDEX --port 8430
"""

import argparse
import asyncio
import json
import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bm25s
import uvicorn
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from whence.interface import Whence

N_SENTENCES = 16


def build(data: str, index: str) -> FastAPI:
    """The application; reads all chunks into memory."""
    with Whence(data) as whence:
        chunks = [chunk for chunk in whence.chunks(index) if chunk.kind in ("code", "doc", "data")]
        embedder = whence.embedder
    words = bm25s.BM25()
    words.index(bm25s.tokenize([f"{chunk.title} {chunk.text}" for chunk in chunks], show_progress=False))
    embedder.embed(["warm"], "question")
    pool = ThreadPoolExecutor(2)
    app = FastAPI()

    def find(question: str) -> tuple[Any, list[Any]]:
        found, _ = words.retrieve(bm25s.tokenize([question], show_progress=False), k=10, show_progress=False)
        return embedder.embed([question], "question")[0], [chunks[int(n)] for n in found[0]]

    def read(vector: Any, hits: list[Any]) -> str:
        sentences = [part for hit in hits for part in re.split(r"(?<=[.!?])\s+|\n\n", hit.text) if part.strip()]
        rows = embedder.embed(sentences[:N_SENTENCES], "passage")
        return sentences[int((rows @ vector).argmax())] if len(rows) else ""

    @app.get("/readyz")
    async def readyz() -> str:
        return "ready"

    @app.post("/question")
    async def question(asked: dict[str, Any]) -> StreamingResponse:
        loop = asyncio.get_running_loop()

        async def written() -> AsyncIterator[str]:
            vector, hits = await loop.run_in_executor(pool, find, asked["question"])
            told = [{"path": hit.path, "text": hit.text, "start_line": hit.start_line} for hit in hits]
            yield f"event: hits\ndata: {json.dumps(told)}\n\n"
            text = await loop.run_in_executor(pool, read, vector, hits)
            yield f"event: text\ndata: {json.dumps({'text': text})}\n\nevent: citations\ndata: {{}}\n\n"

        return StreamingResponse(written(), media_type="text/event-stream")

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("index")
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    uvicorn.run(build(given.data, given.index), port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
