// Documents of one's own: dropped or chosen, sent one after the other, so that one that cannot be read harms no other.

import * as api from "./api.js";
import { byId, el, plain } from "./dom.js";

const WAIT_S = 30;
const MAX_FILES = 200;

/** Sends files to an index and shows what becomes of each. */
export async function addFiles(files, index) {
  const tray = byId("tray");
  const list = el("ul", { class: "plainlist" });
  const title = el("b", {}, index ? `Adding to ${index}` : "Adding documents");
  const close = el("button", { type: "button", class: "quiet icon", "aria-label": "Dismiss" }, "✕");
  const box = el(
    "section",
    { class: "box" },
    el("div", { class: "row" }, title, el("span", { class: "grow" }), close),
    list,
  );
  close.addEventListener("click", () => box.remove());
  tray.append(box);
  if (files.length > MAX_FILES)
    list.append(
      el(
        "li",
        { class: "problem" },
        `Only the first ${MAX_FILES} of ${files.length} are taken: index the folder itself instead.`,
      ),
    );
  const rows = files.slice(0, MAX_FILES).map((file) => {
    const state = el("span", { class: "note" }, "waiting");
    list.append(
      el("li", { class: "row" }, el("span", { class: "path" }, plain(file.name)), el("span", { class: "grow" }), state),
    );
    return { file, state };
  });
  let failed = 0;
  let added = 0;
  for (const { file, state } of rows) {
    state.textContent = "storing…";
    try {
      const one = await store(file, index);
      state.textContent = outcome(one);
      added += one.outcome !== "unchanged";
    } catch (problem) {
      failed += 1;
      state.className = "problem";
      state.textContent = problem.status === 403 ? "This key may not add documents." : problem.detail;
    }
  }
  const place = index || "documents";
  const whole = added ? `Added to ${place}` : `Nothing new for ${place}`;
  title.textContent = failed ? `${rows.length - failed} of ${rows.length} added` : whole;
}

async function store(file, index) {
  const form = new FormData();
  if (index) form.append("index", index);
  form.append("file", file, file.name);
  return (await api.put(`document?wait_s=${WAIT_S}`, form)).documents[0];
}

function outcome(one) {
  const blanked = one.redactions ? `, ${one.redactions} secret${one.redactions > 1 ? "s" : ""} blanked` : "";
  if (one.outcome === "unchanged") return "was there already";
  return (one.searchable ? "can be asked" : "stored; searchable soon") + blanked;
}

/** Lets files be dropped anywhere on the page. */
export function acceptDrops({ allowed, name, take }) {
  let depth = 0;
  const cover = byId("drop");
  const has = (event) => allowed() && [...(event.dataTransfer?.types || [])].includes("Files");
  addEventListener("dragenter", (event) => {
    if (!has(event)) return;
    event.preventDefault();
    depth += 1;
    byId("drop-name").textContent = name() || "documents";
    cover.hidden = false;
  });
  addEventListener("dragover", (event) => {
    if (has(event)) event.preventDefault();
  });
  addEventListener("dragleave", (event) => {
    if (!has(event)) return;
    depth = Math.max(0, depth - 1);
    cover.hidden = depth === 0;
  });
  addEventListener("drop", (event) => {
    if (![...(event.dataTransfer?.types || [])].includes("Files")) return;
    event.preventDefault();
    depth = 0;
    cover.hidden = true;
    if (allowed()) take([...event.dataTransfer.files]);
  });
}
