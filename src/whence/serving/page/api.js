// Calls the service. The key, if one is needed, lives in this tab's session storage and in one header.

const KEY = "whence-key";

export const key = {
  get: () => sessionStorage.getItem(KEY) || "",
  set: (text) => sessionStorage.setItem(KEY, text),
  forget: () => sessionStorage.removeItem(KEY),
};

/** What went wrong, as the service told it; `status` 0 where it could not be reached. */
export class Problem extends Error {
  constructor(status, title, detail, more = {}) {
    super(detail);
    Object.assign(this, {
      status,
      title,
      detail,
      type: more.type || "",
      requestId: more.request_id || "",
      retryS: more.retryS || 0,
    });
  }
}

const reached = new EventTarget();

/** Calls back with whether the last request reached the service. */
export function onReached(listener) {
  reached.addEventListener("change", (event) => listener(event.detail));
}

async function send(path, options) {
  const headers = new Headers(options.headers);
  if (key.get()) headers.set("Authorization", `Bearer ${key.get()}`);
  let reply;
  try {
    reply = await fetch(path, { ...options, headers, credentials: "omit", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (error instanceof TypeError && /header/i.test(error.message))
      throw new Problem(401, "A key is needed", "This cannot be a key.");
    reached.dispatchEvent(new CustomEvent("change", { detail: false }));
    throw new Problem(0, "The service cannot be reached", "Is it running, and is this computer online?");
  }
  reached.dispatchEvent(new CustomEvent("change", { detail: true }));
  if (reply.ok) return reply;
  throw await problemOf(reply);
}

async function problemOf(reply) {
  let told = {};
  try {
    told = await reply.json();
  } catch {
    told = { detail: "The reply was no problem detail: something between here and the service may have answered." };
  }
  const retryS = Number(reply.headers.get("Retry-After")) || 0;
  return new Problem(reply.status, told.title || `Status ${reply.status}`, told.detail || "", { ...told, retryS });
}

export async function get(path, query = {}) {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === "" || value === undefined ? [] : [[name, value]],
  );
  const search = new URLSearchParams(pairs).toString();
  return (await send(search ? `${path}?${search}` : path, {})).json();
}

export async function post(path, body, signal) {
  return (
    await send(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal,
    })
  ).json();
}

export async function put(path, form) {
  return (await send(path, { method: "PUT", body: form })).json();
}

export async function remove(path) {
  await send(path, { method: "DELETE" });
}

/** Asks with a stream; `on` has a listener for each event. Throws `Problem`, also for the event of that name. */
export async function stream(body, on, signal) {
  const options = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...body, stream: true }),
    signal,
  };
  const reply = await send("question", options);
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let ended = false;
  for (;;) {
    let piece;
    try {
      piece = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(0, "The answer broke off", "The connection to the service was lost.");
    }
    if (piece.done) break;
    rest += piece.value;
    const blocks = rest.split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const { name, data } = eventOf(block);
      if (name === "problem") throw new Problem(data.status, data.title, data.detail, data);
      on[name]?.(data);
      ended ||= name === "citations";
    }
  }
  if (!ended) throw new Problem(0, "The answer broke off", "The service ended the reply before it was whole.");
}

function eventOf(block) {
  const told = { event: "", data: "" };
  for (const line of block.split("\n")) {
    const at = line.indexOf(": ");
    if (at > 0) told[line.slice(0, at)] += line.slice(at + 2);
  }
  return { name: told.event, data: JSON.parse(told.data) };
}
