// What opens beside the page: sources, earlier questions, help.

import * as api from "./api.js";
import { ago, byId, day, el, outward, plain, plural } from "./dom.js";

const drawer = byId("drawer");
let shown = "";

byId("close-drawer").addEventListener("click", () => drawer.close());
drawer.addEventListener("click", (event) => {
  if (event.target === drawer) drawer.close();
});
drawer.addEventListener("close", () => (shown = ""));

/** Opens the drawer; returns where its content goes. */
function openDrawer(name, title) {
  shown = name;
  byId("drawer-title").textContent = title;
  byId("drawer-body").replaceChildren(el("p", { class: "progress" }, el("span", { class: "dots" }), "Loading…"));
  if (!drawer.open) drawer.showModal();
  return byId("drawer-body");
}

function trouble(place, problem) {
  place.replaceChildren(
    el("div", { class: "verdict wrong", role: "alert" }, el("b", {}, problem.title), el("p", {}, problem.detail)),
  );
}

/** Sources with freshness, what was left out, and documents of one's own. */
export class SourcesPanel {
  constructor(state, { refresh, choose, addFiles, openPlace }) {
    Object.assign(this, { state, refresh, choose, addFiles, openPlace });
  }

  async open() {
    const place = openDrawer("sources", "Sources");
    try {
      await this.refresh();
      this.draw(place);
    } catch (problem) {
      trouble(place, problem);
    }
  }

  draw(place) {
    if (shown !== "sources") return;
    const { indexes, right } = this.state;
    const canWrite = right !== "reader";
    const made = indexes.map((index) => this.index(index, canWrite));
    if (!indexes.length)
      made.push(
        el(
          "p",
          {},
          "Nothing is indexed yet. Run ",
          el("code", {}, "whence index PATH"),
          canWrite ? ", or add documents here." : ".",
        ),
      );
    if (canWrite) made.push(this.adding());
    place.replaceChildren(...made);
    if (indexes.some((one) => one.working)) this.watch(place);
  }

  watch(place) {
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      if (shown !== "sources") return;
      try {
        await this.refresh();
        if (!place.contains(document.activeElement) || document.activeElement.disabled) this.draw(place);
        else if (this.state.indexes.some((one) => one.working)) this.watch(place);
        else this.draw(place);
      } catch {
        this.watch(place);
      }
    }, 2000);
  }

  index(index, canWrite) {
    const chosen = index.name === this.state.index;
    const sync = el(
      "button",
      { type: "button", class: "small", disabled: index.working, "aria-label": `Sync ${index.name}` },
      index.working ? "Working…" : "Sync",
    );
    sync.addEventListener("click", async () => {
      sync.disabled = true;
      sync.textContent = "Working…";
      try {
        await api.post("sync", { index: index.name });
        await this.refresh();
        this.draw(byId("drawer-body"));
      } catch (problem) {
        sync.replaceWith(el("span", { class: "problem", role: "alert" }, problem.detail));
      }
    });
    const canSync = canWrite && index.sources.some((source) => source.sort !== "handed in");
    const choose = chosen
      ? el("span", { class: "tag" }, "asked now")
      : el(
          "button",
          { type: "button", class: "quiet small", on: { click: () => this.choose(index.name) } },
          "Ask this one",
        );
    const said = [];
    if (index.indexed < 1)
      said.push(`${Math.floor(index.indexed * 100)} % of the passages have vectors; the rest is found by its words`);
    if (index.pending) said.push(`${plural(index.pending, "document")} not searchable yet`);
    return el(
      "section",
      { class: "source-index" },
      el(
        "div",
        { class: "row" },
        el("h3", {}, index.name),
        choose,
        el("span", { class: "grow" }),
        canSync ? sync : null,
      ),
      index.failed ? el("p", { class: "problem" }, "The last sync failed: ", plain(index.failed)) : null,
      said.length ? el("p", { class: "note" }, said.join(" · ")) : null,
      ...index.sources.map((source) => this.source(index, source, canWrite)),
    );
  }

  source(index, source, canWrite) {
    const rows = [];
    const row = (name, ...value) => rows.push(el("dt", {}, name), el("dd", {}, ...value));
    if (source.revision && source.sort === "repository")
      row(
        "At",
        el("code", {}, source.revision.slice(0, 10)),
        source.branch ? ` on ${plain(source.branch)}` : "",
        source.committed_at ? `, ${day(source.committed_at)}` : "",
      );
    if (source.fetched_at)
      row("Read", el("time", { dateTime: source.fetched_at, title: source.fetched_at }, ago(source.fetched_at)));
    row(
      "Holds",
      plural(source.documents, source.sort === "repository" ? "file" : "document"),
      source.commits ? `, ${plural(source.commits, "commit")}` : "",
    );
    if (source.history_commits < source.history_wanted)
      row(
        "History",
        `${source.history_commits.toLocaleString("en")} of ${source.history_wanted.toLocaleString("en")} commits are read`,
      );
    if (source.problem) row("Trouble", el("span", { class: "problem" }, plain(source.problem)));
    if (source.uncommitted)
      row(
        "Not seen",
        `${plural(source.uncommitted, "changed file")} that ${source.uncommitted === 1 ? "is" : "are"} not committed`,
      );
    const skipped = Object.entries(source.skipped).sort((a, b) => b[1] - a[1]);
    if (skipped.length) {
      const total = skipped.reduce((sum, [, n]) => sum + n, 0);
      row(
        "Skipped",
        el(
          "details",
          {},
          el("summary", {}, plural(total, "file")),
          el(
            "ul",
            { class: "plainlist" },
            ...skipped.map(([reason, n]) => el("li", {}, `${n.toLocaleString("en")} ${plain(reason)}`)),
          ),
        ),
      );
    }
    if (source.redactions) row("Blanked", plural(source.redactions, "secret"));
    const name = /^https?:/.test(source.location)
      ? outward(source.location, source.location)
      : plain(source.location.replace(/^[a-z]+:\/\//, ""));
    return el(
      "div",
      { class: "source" },
      el("p", {}, el("span", { class: "tag" }, source.sort), " ", el("span", { class: "path" }, name)),
      el("dl", {}, ...rows),
      source.sort === "repository" ? null : this.documents(index, source, canWrite),
    );
  }

  documents(index, source, canWrite) {
    const list = el("ul", { class: "plainlist documents" });
    const load = async (after = "") => {
      const page = await api.get("documents", { index: index.name, source: source.id, limit: 50, after });
      for (const one of page.documents) list.append(this.document(index, one, canWrite && source.sort === "handed in"));
      if (page.next) {
        const more = el("button", { type: "button", class: "quiet small" }, "More");
        more.addEventListener("click", () => {
          more.remove();
          load(page.next);
        });
        list.after(more);
      }
      if (!list.children.length) list.append(el("li", { class: "note" }, "None."));
    };
    const details = el("details", {}, el("summary", {}, "Documents"), list);
    details.addEventListener("toggle", () => {
      if (details.open && !list.children.length)
        load().catch((problem) => list.append(el("li", { class: "problem" }, problem.detail)));
    });
    return details;
  }

  document(index, one, deletable) {
    const name = el(
      "button",
      { type: "button", class: "link", on: { click: () => this.show(index, one) } },
      plain(one.path || one.title),
    );
    const item = el(
      "li",
      { class: "row" },
      name,
      one.searchable ? null : el("span", { class: "tag" }, "not searchable yet"),
      el("span", { class: "grow" }),
    );
    if (!deletable) return item;
    const button = el(
      "button",
      { type: "button", class: "quiet small", "aria-label": `Delete ${plain(one.path)}` },
      "Delete",
    );
    button.addEventListener("click", async () => {
      if (button.dataset.sure !== "1") {
        button.dataset.sure = "1";
        button.textContent = "Really delete?";
        return;
      }
      try {
        await api.remove(
          `document/${encodeURIComponent(one.id).replaceAll("%2F", "/")}?index=${encodeURIComponent(index.name)}`,
        );
        item.remove();
      } catch (problem) {
        button.replaceWith(el("span", { class: "problem", role: "alert" }, problem.detail));
      }
    });
    item.append(button);
    return item;
  }

  show(index, one) {
    drawer.close();
    this.openPlace({ index: index.name, document_id: one.id, revision: one.revision, url: one.url });
  }

  adding() {
    const input = el("input", {
      type: "file",
      multiple: true,
      class: "hidden",
      id: "files",
      tabIndex: -1,
      "aria-label": "Documents to add",
    });
    input.addEventListener("change", () => {
      this.addFiles([...input.files]);
      input.value = "";
      drawer.close();
    });
    const button = el("button", { type: "button", on: { click: () => input.click() } }, "Add documents…");
    const target = this.state.index || "documents";
    return el(
      "section",
      { class: "source-index" },
      el("h3", {}, "Documents of your own"),
      el(
        "p",
        { class: "note" },
        `Markdown, PDF, HTML, code, plain text. They are added to ${target}; drop them anywhere on the page, too.`,
      ),
      input,
      button,
    );
  }
}

/** Earlier questions, with their answers as they were given. */
export async function openHistory(index, showEntry) {
  const place = openDrawer("history", "Earlier questions");
  const box = el("input", {
    type: "search",
    placeholder: "part of a question",
    "aria-label": "Search earlier questions",
  });
  const list = el("ol", { class: "history" });
  const more = el("button", { type: "button", class: "quiet small", hidden: true }, "More");
  let next;
  const load = async (fresh) => {
    const page = await api.get("logs", { index, text: box.value, limit: 30, before: fresh ? "" : next });
    if (fresh) list.replaceChildren();
    for (const entry of page.entries) list.append(historyRow(entry, showEntry));
    next = page.next;
    more.hidden = next === null;
    if (!list.children.length)
      list.append(
        el(
          "li",
          { class: "note" },
          box.value ? "No earlier question has that." : "Nothing was asked yet, or nothing is kept.",
        ),
      );
  };
  let timer;
  const reload = () => load(true).catch((problem) => trouble(place, problem));
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(reload, 250);
  });
  more.addEventListener("click", () => load(false).catch((problem) => trouble(place, problem)));
  place.replaceChildren(box, list, more);
  await reload();
}

function historyRow(entry, showEntry) {
  const { reply } = entry;
  const outcome = entry.withheld
    ? "withheld"
    : reply.abstained
      ? "not found"
      : reply.kind === "fact"
        ? "exact"
        : `${Math.round(reply.confidence * 100)} %`;
  const thumbs = entry.feedback.map((one) => (one.thumbs === "up" ? "right" : "wrong"))[0];
  const button = el(
    "button",
    { type: "button", class: "cite slim" },
    el("span", { class: "where" }, plain(reply.question)),
    el(
      "span",
      { class: "note" },
      [ago(entry.at), reply.index, outcome, thumbs && `said to be ${thumbs}`].filter(Boolean).join(" · "),
    ),
  );
  button.addEventListener("click", () => {
    drawer.close();
    showEntry(entry);
  });
  return el("li", {}, button);
}

const KEYS = [
  ["/", "go to the question"],
  ["Enter", "ask; on a citation, open it"],
  ["Shift + Enter", "a new line"],
  ["↑", "in an empty box: the question before"],
  ["j, k", "next and previous citation"],
  ["any letter", "begins a question"],
  ["Esc", "close what is open; stop an answer"],
];

export function openHelp() {
  const place = openDrawer("help", "Keys and help");
  place.replaceChildren(
    el(
      "table",
      { class: "keys" },
      el(
        "tbody",
        {},
        ...KEYS.map(([keys, what]) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, ...keys.split(", ").flatMap((one, n) => [n ? " " : "", el("kbd", {}, one)])),
            el("td", {}, what),
          ),
        ),
      ),
    ),
    el("h3", {}, "How far to trust an answer"),
    el(
      "p",
      {},
      el("b", {}, "Exact"),
      " answers are computed from the repository: the commits, the lines or the command that gives the same are cited.",
    ),
    el(
      "p",
      {},
      el("b", {}, "Quoted"),
      " answers are put together from cited passages. The percentage is fitted on questions with known answers: of answers given with 80 %, about four in five were right.",
    ),
    el(
      "p",
      {},
      el("b", {}, "Not found"),
      " means that no passage answers the question. The nearest are shown, so you can judge.",
    ),
    el("p", {}, "Every request that this page makes is described at ", el("a", { href: "docs" }, "/docs"), "."),
  );
}
