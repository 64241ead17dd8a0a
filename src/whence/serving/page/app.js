// The page: what is asked of which index, in which conversation, with which filters; keys; what is open.

import { Turn } from "./answer.js";
import * as api from "./api.js";
import { ago, byId, el, plain, say } from "./dom.js";
import { askForKey } from "./key_dialog.js";
import { openHelp, openHistory, SourcesPanel } from "./panels.js";
import { acceptDrops, addFiles } from "./uploads.js";
import { Viewer } from "./viewer.js";

const KINDS = [
  ["code", "Code"],
  ["doc", "Documents"],
  ["data", "Data"],
  ["commit", "Commits"],
  ["hunk", "Changes"],
];
const LANGUAGES =
  "c cpp css go html java javascript json markdown pdf python rst rust shell toml typescript yaml".split(" ");
const THEMES = [
  ["", "as the system"],
  ["light", "light"],
  ["dark", "dark"],
];

const state = {
  indexes: [],
  right: "reader",
  index: "",
  conversation: newId(),
  spoken: 0,
  asking: null,
  asked: [],
  recalled: 0,
};
const question = byId("question");
const viewer = new Viewer(byId("viewer"), (open, narrow) => {
  byId("split").classList.toggle("open", open);
  for (const one of [byId("main"), byId("top")]) one.inert = open && narrow;
});
const sources = new SourcesPanel(state, { refresh, choose, addFiles: take, openPlace: (place) => viewer.open(place) });

function newId() {
  return `page-${crypto.getRandomValues(new Uint32Array(3)).join("-")}`;
}

// ---- what can be asked

async function refresh() {
  const told = await api.get("sources");
  Object.assign(state, { indexes: told.indexes, right: told.right });
  const kept = [state.index, localStorage.getItem("whence-index")].find((name) =>
    told.indexes.some((one) => one.name === name),
  );
  state.index = kept || told.indexes[0]?.name || "";
  drawIndex();
}

function choose(name) {
  if (name !== state.index) newConversation();
  state.index = name;
  localStorage.setItem("whence-index", name);
  drawIndex();
  if (byId("drawer").open) byId("drawer").close();
  question.focus();
}

function drawIndex() {
  const picker = byId("index");
  picker.replaceChildren(
    ...state.indexes.map((one) => el("option", { value: one.name, selected: one.name === state.index }, one.name)),
  );
  picker.disabled = !state.indexes.length;
  picker.closest("label").hidden = state.indexes.length < 2;
  const index = state.indexes.find((one) => one.name === state.index);
  const oldest = index?.sources
    .map((one) => one.fetched_at)
    .filter(Boolean)
    .sort()[0];
  const said = index
    ? [
        state.indexes.length < 2 ? index.name : "",
        index.working ? "working…" : oldest ? `read ${ago(oldest)}` : "not read yet",
      ]
        .filter(Boolean)
        .join(" · ")
    : "nothing indexed";
  byId("fresh-text").textContent = said;
  byId("fresh").dataset.state = index?.failed || (index && index.indexed < 1) ? "part" : index ? "whole" : "none";
  byId("tags").replaceChildren(...(index?.tags || []).map((tag) => el("option", { value: tag })));
  question.placeholder = index ? `Ask ${index.name} anything` : "Nothing is indexed yet";
  document.title = index ? `${index.name} · whence` : "whence";
  drawWelcome(index);
}

function drawWelcome(index) {
  const place = byId("welcome");
  place.hidden = byId("turns").children.length > 0;
  if (!index) {
    const add = state.right !== "reader" ? " — or drop documents on this page" : "";
    place.replaceChildren(
      el("h2", {}, "Nothing to ask yet"),
      el("p", {}, "Index a repository or a folder with ", el("code", {}, "whence index PATH"), `${add}.`),
    );
    return;
  }
  const hasHistory = index.sources.some((one) => one.sort === "repository");
  const [newest, before] = index.tags;
  const asked = hasHistory
    ? [
        "what is the latest release?",
        newest && before ? `what changed between ${before} and ${newest}?` : "what was the first commit?",
        "who are the most active authors?",
        "which files change most often?",
        "how do I run the tests?",
      ]
    : ["what is this about?", "how do I begin?", "what are the limits?"];
  const buttons = asked.map((text) =>
    el("button", { type: "button", class: "example", on: { click: () => ask(text) } }, text),
  );
  const what = hasHistory
    ? "Its code, its documents and its history. Every answer names the lines or the commit it comes from."
    : "Its documents. Every answer names the lines it comes from.";
  place.replaceChildren(
    el("h2", {}, `Ask ${index.name}`),
    el("p", {}, what),
    el("div", { class: "examples" }, ...buttons),
  );
}

// ---- asking

function filters() {
  const words = (id) =>
    byId(id)
      .value.split(",")
      .map((one) => one.trim())
      .filter(Boolean);
  const kinds = [...byId("kinds").querySelectorAll("input:checked")].map((one) => one.value);
  const chosen = { kinds, paths: words("path"), languages: words("language") };
  return Object.fromEntries(Object.entries(chosen).filter(([, values]) => values.length));
}

function drawFilters() {
  const n = Object.values(filters()).flat().length;
  byId("toggle-filters").textContent = n ? `Filters (${n})` : "Filters";
  byId("toggle-filters").classList.toggle("on", n > 0);
  byId("as-of").classList.toggle("on", Boolean(byId("as-of").value.trim()));
}

function ask(text) {
  question.value = text;
  byId("ask").requestSubmit();
}

async function submit() {
  const text = question.value.trim();
  if (!text) return question.focus();
  if (
    !state.indexes.length &&
    !(await refresh().then(
      () => state.index,
      () => true,
    ))
  )
    return sources.open();
  if (state.asking) state.asking.abort();
  const asOf = byId("as-of").value.trim();
  const body = { question: text, conversation: state.conversation, filters: filters() };
  if (state.index) body.index = state.index;
  if (asOf) body.as_of = asOf;
  state.asked.push(text);
  state.recalled = state.asked.length;
  question.value = "";
  grow();
  viewer.close();
  const turn = turnOf(text, state.index);
  turn.asked = body;
  turn.narrowed(body);
  byId("turns").prepend(turn.element);
  byId("welcome").hidden = true;
  await run(turn);
}

function turnOf(text, index) {
  const alone = (turn) => {
    turn.asked = { ...turn.asked, conversation: newId() };
    return run(turn);
  };
  const change = (turn) => {
    question.value = turn.question;
    grow();
    question.focus();
  };
  return new Turn(text, index, { open: (place, from) => viewer.open(place, from), again: run, alone, change });
}

/** Asks what a turn asks, also for a second time. */
async function run(turn) {
  const asking = (state.asking = new AbortController());
  busy(true);
  turn.searching();
  scrollTo({ top: 0 });
  const on = {
    hits: (found) => turn.hits(found),
    text: (told) => turn.text(told.text),
    citations: (reply) => turn.done(reply),
  };
  try {
    await api.stream(turn.asked, on, asking.signal);
    state.spoken += 1;
    drawTalk();
    if (!question.value && document.activeElement === question) question.blur();
  } catch (problem) {
    if (problem.name === "AbortError") turn.stopped();
    else if (problem instanceof api.Problem) {
      turn.failed(problem);
      if (problem.status === 401) askForKey(refresh, () => run(turn), api.key.get() ? problem.detail : "");
      if (problem.status === 404 && problem.type.endsWith("unknown-index")) refresh().catch(() => {});
    } else {
      turn.failed(new api.Problem(0, "The page cannot show the answer", String(problem)));
      console.error(problem);
    }
  } finally {
    if (state.asking === asking) {
      state.asking = null;
      busy(false);
    }
  }
}

function busy(is) {
  byId("stop").hidden = !is;
  byId("send").hidden = is;
}

function drawTalk() {
  byId("new-talk").hidden = state.spoken === 0;
}

function newConversation() {
  state.conversation = newId();
  state.spoken = 0;
  drawTalk();
  byId("turns").replaceChildren();
  byId("welcome").hidden = false;
  viewer.close();
}

/** An answer out of the log, as it was given. */
function showEntry(entry) {
  const { reply } = entry;
  const turn = turnOf(reply.question, reply.index);
  turn.asked = { question: reply.question, index: reply.index, conversation: state.conversation };
  byId("turns").prepend(turn.element);
  byId("welcome").hidden = true;
  if (entry.withheld) turn.failed(new api.Problem(0, "The answer is withheld", entry.withheld));
  else turn.done(reply);
  turn.heading.before(
    el("p", { class: "note" }, `Asked ${ago(entry.at)}; the answer is shown as it was given. `, turn.retryButton()),
  );
  scrollTo({ top: 0 });
  turn.heading.focus({ preventScroll: true });
}

async function showLinked() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (wanted.get("ask")) question.value = wanted.get("ask").slice(0, 20000);
  const id = wanted.get("answer");
  if (!id || !/^[0-9a-f]{32}$/.test(id)) return grow();
  try {
    showEntry(await api.get(`logs/${id}`));
  } catch (problem) {
    if (problem.status === 401) throw problem;
    const turn = new Turn("An earlier answer", "", { again: showLinked });
    byId("turns").prepend(turn.element);
    turn.failed(problem);
  }
}

byId("open-key").addEventListener("click", () => askForKey(refresh));

// ---- documents

function take(files) {
  if (files.length) addFiles(files, state.index).then(() => refresh().catch(() => {}));
}
acceptDrops({ allowed: () => state.right !== "reader", name: () => state.index, take });

// ---- controls

function grow() {
  question.style.height = "auto";
  question.style.height = `${Math.min(question.scrollHeight + 2, 240)}px`;
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
question.addEventListener("input", grow);
question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    byId("ask").requestSubmit();
  } else if (
    (event.key === "ArrowUp" || event.key === "ArrowDown") &&
    state.asked.length &&
    (!question.value || question.value === state.asked[state.recalled])
  ) {
    event.preventDefault();
    state.recalled = Math.max(0, Math.min(state.asked.length, state.recalled + (event.key === "ArrowUp" ? -1 : 1)));
    question.value = state.asked[state.recalled] || "";
    grow();
  }
});
byId("stop").addEventListener("click", () => state.asking?.abort());
byId("index").addEventListener("change", (event) => choose(event.target.value));
byId("fresh").addEventListener("click", () => sources.open());
byId("open-history").addEventListener("click", () => openHistory(state.index, showEntry));
byId("open-help").addEventListener("click", openHelp);
byId("new-talk").addEventListener("click", () => {
  newConversation();
  question.focus();
});
byId("toggle-filters").addEventListener("click", (event) => {
  byId("filters").hidden = !byId("filters").hidden;
  event.target.setAttribute("aria-expanded", String(!byId("filters").hidden));
});
byId("clear-filters").addEventListener("click", () => {
  for (const one of byId("filters").querySelectorAll("input"))
    one.type === "checkbox" ? (one.checked = false) : (one.value = "");
  drawFilters();
});
for (const id of ["filters", "as-of"]) byId(id).addEventListener("input", drawFilters);
byId("kinds").append(
  el("span", { class: "kinds-name", id: "kinds-name" }, "Kind"),
  ...KINDS.map(([value, name]) => el("label", { class: "chip" }, el("input", { type: "checkbox", value }), name)),
);
byId("languages").append(...LANGUAGES.map((name) => el("option", { value: name })));

function theme(step) {
  const at =
    (THEMES.findIndex(([name]) => name === (localStorage.getItem("whence-theme") || "")) + step) % THEMES.length;
  const [name, words] = THEMES[Math.max(0, at)];
  localStorage.setItem("whence-theme", name);
  document.documentElement.dataset.theme = name;
  byId("theme").setAttribute("aria-label", `Colours: ${words}`);
  byId("theme").title = `Colours: ${words}`;
  if (step) say(`Colours: ${words}`);
}
byId("theme").addEventListener("click", () => theme(1));
theme(0);

function move(step) {
  const all = [...document.querySelectorAll("#turns [data-open]")].filter((one) => one.checkVisibility());
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const current = at >= 0 ? at : all.findIndex((one) => one.getAttribute("aria-current"));
  const next = all[Math.max(0, Math.min(all.length - 1, current < 0 ? 0 : current + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) {
    if (state.asking) state.asking.abort();
    else if (viewer.isOpen) viewer.close();
    else document.activeElement?.blur();
    return;
  }
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = { "/": () => question.focus(), j: () => move(1), k: () => move(-1), "?": openHelp }[event.key];
  if (!action) {
    if (/^[\p{L}\p{N}]$/u.test(event.key) && !viewer.isOpen) question.focus(); // what is typed begins a question
    return;
  }
  event.preventDefault();
  action();
});

api.onReached((is) => (byId("offline").hidden = is));
addEventListener("offline", () => (byId("offline").hidden = false));
addEventListener("online", () => (byId("offline").hidden = true));
addEventListener("hashchange", () => showLinked().catch(() => {}));

async function begin() {
  try {
    await refresh();
    byId("open-key").hidden = !api.key.get();
    await showLinked();
    question.focus();
  } catch (problem) {
    if (problem.status === 401) return askForKey(refresh, begin, api.key.get() ? problem.detail : "");
    byId("welcome").replaceChildren(
      el(
        "div",
        { class: "verdict wrong", role: "alert" },
        el("b", {}, problem.title || "The page cannot begin"),
        el("p", {}, plain(problem.detail || String(problem))),
        el("button", { type: "button", class: "small", on: { click: begin } }, "Try again"),
      ),
    );
  }
}
begin();
