// Shows a cited place: a file at its lines, a commit with its patch, a document. Nothing is shown but text.

import * as api from "./api.js";
import { coloured } from "./code.js";
import { copy, day, el, outward, plain, plural, say, scrolling } from "./dom.js";
import { blocks } from "./markdown.js";

const ALL_LINES = 2500;
const WRAPPED = new Set(["", "html", "markdown", "pdf", "rst", "text"]);
const AROUND = 500;
const PATCH_LINES = 1500;

export class Viewer {
  constructor(place, onChange) {
    this.place = place;
    this.onChange = onChange;
    this.narrow = matchMedia("(max-width: 899px)");
    this.from = null;
    this.number = 0;
  }

  get isOpen() {
    return !this.place.hidden;
  }

  close() {
    if (!this.isOpen) return;
    this.number += 1;
    this.place.hidden = true;
    this.place.replaceChildren();
    this.from?.removeAttribute("aria-current");
    this.onChange(false, this.narrow.matches);
    this.from?.focus();
  }

  /** Shows a place of an index; `from` is the button that was pressed. */
  async open(wanted, from) {
    const number = ++this.number;
    this.from?.removeAttribute("aria-current");
    this.from = from || null;
    from?.setAttribute("aria-current", "true");
    this.place.hidden = false;
    this.onChange(true, this.narrow.matches);
    this.place.replaceChildren(
      this.head("Opening…", null, []),
      el("p", { class: "progress pad" }, el("span", { class: "dots" }), "Reading it again at its source…"),
    );
    try {
      const query = {
        index: wanted.index,
        document_id: wanted.document_id,
        revision: wanted.revision,
        start: wanted.start || 0,
        end: wanted.end || 0,
      };
      const cited = await api.get("cited", query);
      if (number === this.number) this.show(wanted, cited);
    } catch (problem) {
      if (number !== this.number) return;
      const text =
        problem.status === 404
          ? "It is not to be had as it was cited: it may have been deleted or rewritten since."
          : problem.detail;
      this.place.replaceChildren(
        this.head("Not to be had", null, []),
        el(
          "div",
          { class: "pad" },
          el("div", { class: "verdict wrong", role: "alert" }, el("b", {}, problem.title), el("p", {}, text)),
        ),
      );
    }
    if (this.narrow.matches) this.place.querySelector("button")?.focus();
  }

  show(wanted, cited) {
    locate(wanted, cited);
    const isCommit = cited.sort === "commit";
    const isProse = cited.language === "markdown" && !isCommit;
    const title = isCommit
      ? el("code", {}, cited.revision.slice(0, 10))
      : el("span", { class: "path" }, plain(cited.path || cited.title));
    const body = el("div", {
      class: "viewer-body",
      tabIndex: 0,
      role: "region",
      "aria-label": isCommit ? "Commit" : `Text of ${plain(cited.path || cited.title)}`,
    });
    const tools = [];
    if (isProse) {
      const button = el("button", { type: "button", class: "quiet small" }, "Source");
      button.addEventListener("click", () => {
        const rendered = body.dataset.form === "prose";
        button.textContent = rendered ? "Rendered" : "Source";
        rendered ? this.lines(body, cited) : this.prose(body, cited);
      });
      tools.push(button);
    }
    const name = isCommit ? cited.revision : cited.path || cited.document_id;
    const copyName = el("button", { type: "button", class: "quiet small" }, isCommit ? "Copy id" : "Copy path");
    copyName.addEventListener("click", () => copy(copyName, name));
    tools.push(copyName);
    const address = wanted.url || cited.url;
    if (address) tools.push(outward(address, "Original ↗", { class: "button small" }));
    this.place.replaceChildren(this.head(title, cited, tools), body);
    if (isCommit) this.commit(body, cited);
    else if (isProse) this.prose(body, cited);
    else this.lines(body, cited);
    say(`Opened ${isCommit ? `commit ${cited.revision.slice(0, 7)}` : plain(cited.path || cited.title)}`);
  }

  head(title, cited, tools) {
    const close = el(
      "button",
      {
        type: "button",
        class: "quiet icon",
        "aria-label": "Close the cited place",
        title: "Close (Esc)",
        on: { click: () => this.close() },
      },
      "✕",
    );
    const said = [];
    if (cited?.start_line)
      said.push(
        cited.start_line === cited.end_line
          ? `line ${cited.start_line}`
          : `lines ${cited.start_line}–${cited.end_line}`,
      );
    if (cited?.sort === "file") said.push(`at ${cited.revision.slice(0, 7)}`);
    if (cited && !cited.is_present)
      said.push(cited.sort === "file" ? "not as it is now" : "changed since it was cited");
    const note = cited && cited.sort !== "commit" ? el("p", { class: "note" }, said.join(" · ")) : null;
    return el(
      "div",
      { class: "viewer-head" },
      el("div", { class: "viewer-title" }, el("h2", {}, title), note),
      ...tools,
      close,
    );
  }

  prose(body, cited) {
    body.dataset.form = "prose";
    const made = blocks(cited.text);
    for (const block of made) {
      const overlaps = Number(block.dataset.first) <= cited.end_line && Number(block.dataset.last) >= cited.start_line;
      if (cited.start_line && overlaps) block.classList.add("cited");
    }
    body.className = "viewer-body prose page";
    body.replaceChildren(...made);
    reveal(body, ".cited");
  }

  lines(body, cited) {
    body.dataset.form = "lines";
    body.className = WRAPPED.has(cited.language) ? "viewer-body code wrapped" : "viewer-body code";
    const all = coloured(cited.text.replace(/\n$/, ""), cited.language);
    const whole = all.length <= ALL_LINES;
    const draw = (from, to) => {
      const made = [];
      for (let n = from; n < to; n += 1) {
        const is = n + 1 >= cited.start_line && n + 1 <= cited.end_line;
        made.push(
          el(
            "div",
            { class: is ? "line cited" : "line", data: { n: n + 1 } },
            ...(all[n].length ? all[n] : ["\u200b"]),
          ),
        );
      }
      return made;
    };
    const from = whole ? 0 : Math.max(0, cited.start_line - 1 - AROUND);
    const to = whole ? all.length : Math.min(all.length, Math.max(cited.end_line, cited.start_line) + AROUND);
    const more = whole
      ? null
      : el("button", { type: "button", class: "small more" }, `Show all ${all.length.toLocaleString("en")} lines`);
    more?.addEventListener("click", () => {
      body.replaceChildren(...draw(0, all.length));
      reveal(body, ".cited");
    });
    body.replaceChildren(...[more, ...draw(from, to)].filter(Boolean));
    reveal(body, ".cited");
  }

  commit(body, cited) {
    const { commit } = cited;
    const { files, patches } = readPatch(cited);
    const by = `${plain(commit.author)} on ${day(commit.authored_at)}`;
    const message = commit.body.trim() ? el("pre", { class: "message" }, plain(commit.body.trim())) : null;
    const inMessage = cited.start_line && !patches.some((patch) => patch.lines.some((line) => line.cited));
    const listed = files.length
      ? el(
          "ul",
          { class: "files" },
          ...files.map((file) =>
            el(
              "li",
              {},
              el("span", { class: "status" }, file.status),
              el("span", { class: "path" }, plain(file.path)),
              el("span", { class: "plus" }, file.added),
              el("span", { class: "minus" }, file.removed),
            ),
          ),
        )
      : el("p", { class: "note" }, "It changes no file by itself, as merges do.");
    let drawn = 0;
    const parts = patches.map((patch) => {
      const open = drawn < PATCH_LINES || patch.lines.some((line) => line.cited);
      drawn += patch.lines.length;
      return fileOf(patch, open);
    });
    body.className = "viewer-body commit";
    body.replaceChildren(
      ...[
        el("h3", { class: inMessage ? "cited" : "" }, plain(commit.subject)),
        el("p", { class: "note" }, by),
        message,
        el("p", { class: "note" }, plural(files.length, "file")),
        listed,
        ...parts,
      ].filter(Boolean),
    );
    reveal(body, ".line.cited");
  }
}

/** Lines of the cited place, where only a passage is known. */
function locate(wanted, cited) {
  if (cited.start_line) return;
  if (wanted.lines) [cited.start_line, cited.end_line] = wanted.lines;
  else if (wanted.text) {
    const at = cited.text.indexOf(wanted.text);
    if (at < 0) return;
    cited.start_line = cited.text.slice(0, at).split("\n").length;
    cited.end_line = cited.start_line + wanted.text.replace(/\n$/, "").split("\n").length - 1;
  }
}

function reveal(body, selector) {
  const found = body.querySelector(selector);
  body.scrollTop = 0;
  if (found)
    body.scrollTop = Math.max(
      0,
      found.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 4,
    );
}

/** The list of files and the patch of each, from the text of a commit. */
function readPatch(cited) {
  const files = [];
  const patches = [];
  let current = null;
  cited.text.split("\n").forEach((line, n) => {
    const isCited = n + 1 >= cited.start_line && n + 1 <= cited.end_line;
    const named = line.match(/^diff (.+)$/);
    if (named) patches.push((current = { path: named[1], lines: [] }));
    else if (current) current.lines.push({ text: line, cited: isCited });
    else {
      const file = line.match(/^([AMDRTC]) (.+?)(?: (\+\d+) (-\d+))?$/);
      if (file) files.push({ status: file[1], path: file[2], added: file[3] || "", removed: file[4] || "" });
    }
  });
  return { files, patches };
}

const SIGNS = { "+": "added", "-": "removed" };

function fileOf(patch, open) {
  let old = 0;
  let fresh = 0;
  const lines = patch.lines.map((line) => {
    const hunk = line.text.match(/^@@ -(\d+)(?:,\d+)? \+(\d+)/);
    if (hunk) {
      [old, fresh] = [Number(hunk[1]), Number(hunk[2])];
      return el("div", { class: "line at" }, plain(line.text));
    }
    const sign = SIGNS[line.text[0]] || "";
    const number = sign === "removed" ? old++ : fresh++;
    if (!sign) old += 1;
    return el(
      "div",
      { class: `line ${sign}${line.cited ? " cited" : ""}`, data: { n: number || "" } },
      plain(line.text) || "\u200b",
    );
  });
  while (lines.length && patch.lines[lines.length - 1].text === "") lines.pop();
  const cites = patch.lines.some((line) => line.cited);
  return el(
    "details",
    { class: "file", open },
    el(
      "summary",
      {},
      el("span", { class: "path" }, plain(patch.path)),
      cites ? el("span", { class: "tag" }, "cited") : null,
    ),
    scrolling(el("div", { class: "code" }, ...lines)),
  );
}
