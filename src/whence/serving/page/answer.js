// One question and its answer: what was understood, how sure it is, the text, the citations, what others may correct.

import { ago, copy, day, el, isWebAddress, plain, plural, say } from "./dom.js";
import { thumbs } from "./feedback.js";
import { excerpt, prose } from "./prose.js";

const KIND_NAMES = { code: "code", doc: "document", data: "data", commit: "commit", hunk: "change" };

const CODE = /\.(py|js|ts|go|rs|c|h|java|cpp|sh|toml|json|cfg|ini|ya?ml)$/;

/** A card for a question. `open(place)` shows a place, `again(turn)` asks anew, `alone(turn)` without what was said before. */
export class Turn {
  constructor(question, index, { open, again, alone, change }) {
    this.question = question;
    this.index = index;
    this.open = open;
    this.again = again;
    this.alone = alone;
    this.change = change;
    this.contexts = [];
    this.body = el("div", { class: "turn-body" });
    this.heading = el("h2", { tabIndex: -1 }, plain(question));
    this.conditions = el("p", { class: "row conditions", hidden: true });
    this.element = el("article", { class: "turn" }, this.heading, this.conditions, this.body);
  }

  /** Shows what the question is narrowed to: filters, and an earlier state. */
  narrowed({ filters = {}, as_of: asOf = "" }) {
    const said = Object.values(filters)
      .flat()
      .map((one) => KIND_NAMES[one] || one);
    if (asOf) said.unshift(`as of ${asOf}`);
    this.conditions.replaceChildren(...said.map((one) => el("span", { class: "tag" }, plain(one))));
    this.conditions.hidden = !said.length;
  }

  searching() {
    this.body.replaceChildren(progress("Searching"));
    this.element.setAttribute("aria-busy", "true");
  }

  hits(contexts) {
    this.contexts = contexts;
    const found = el("ol", { class: "peek" }, ...contexts.slice(0, 4).map((one) => el("li", {}, placeName(one))));
    this.body.replaceChildren(progress(`Reading ${plural(contexts.length, "passage")}`), found);
  }

  text(answer) {
    this.body.replaceChildren(
      progress("Checking citations"),
      el("div", { class: "prose" }, ...prose(answer, [], () => null)),
    );
  }

  stopped() {
    this.element.removeAttribute("aria-busy");
    this.body.replaceChildren(el("p", { class: "note" }, "Stopped. "), this.retryButton());
  }

  /** A problem, with what can be done about it. */
  failed(problem) {
    this.element.removeAttribute("aria-busy");
    const limited = problem.status === 429 || (problem.status === 503 && problem.retryS);
    const mine = problem.status >= 400 && problem.status < 500 && ![401, 429].includes(problem.status);
    const button = mine ? this.changeButton() : this.retryButton();
    const detail = el("p", {}, problem.detail || "No more is known.");
    const id =
      problem.requestId && !mine
        ? el("p", { class: "note" }, "Request ", el("code", {}, problem.requestId), " in the log of the service.")
        : null;
    this.body.replaceChildren(
      el(
        "div",
        { class: limited ? "verdict busy" : "verdict wrong", role: "alert" },
        el("b", {}, problem.title),
        detail,
        id,
        el("p", {}, button),
      ),
    );
    if (limited) countDown(button, problem.retryS || 2);
  }

  changeButton() {
    return el(
      "button",
      { type: "button", class: "small", on: { click: () => this.change(this) } },
      "Change the question",
    );
  }

  retryButton() {
    return el("button", { type: "button", class: "small", on: { click: () => this.again(this) } }, "Try again");
  }

  /** The whole answer. */
  done(reply) {
    this.element.removeAttribute("aria-busy");
    this.element.id = `answer-${reply.id}`;
    if (this.conditions.hidden) this.narrowed({ as_of: reply.asked_as_of });
    const contexts = reply.contexts?.length ? reply.contexts : this.contexts;
    const cards = reply.citations.map((citation, n) => this.citation(reply, citation, n + 1));
    const marker = (n) => cards[n - 1] && markerOf(n, reply.citations[n - 1], () => this.mark(n));
    this.body.replaceChildren(
      ...[
        reply.asked !== reply.question ? this.understood(reply) : null,
        verdict(reply),
        reply.abstained && reply.kind === "none"
          ? null
          : el("div", { class: "prose" }, ...prose(reply.answer, reply.citations, marker)),
        reply.warning && !reply.abstained ? el("p", { class: "warn" }, reply.warning) : null,
        cards.length
          ? el("ol", { class: "cites", "aria-label": "Citations" }, ...cards.map((card) => el("li", {}, card)))
          : null,
        this.passages(contexts, reply.abstained && reply.kind === "none"),
        this.foot(reply),
      ].filter(Boolean),
    );
    say(reply.abstained ? "Not found." : `Answered with ${plural(reply.citations.length, "citation")}.`);
  }

  /** What the conversation made of the question, and a way to have it as it was written. */
  understood(reply) {
    const button = el(
      "button",
      { type: "button", class: "quiet small", on: { click: () => this.alone(this) } },
      "Ask as written",
    );
    return el("p", { class: "note" }, "Understood as: ", el("q", {}, plain(reply.asked)), " ", button);
  }

  mark(n) {
    const card = this.element.querySelector(`[data-number="${n}"]`);
    card?.focus();
    card?.click();
  }

  citation(reply, citation, number) {
    const isCommand = citation.document_id.endsWith(":command");
    const quote = excerpt(citation.quote);
    const label = [
      el("span", { class: "number" }, String(number)),
      el("span", { class: "where" }, isCommand ? "git command, to repeat it" : placeName(citation)),
    ];
    const head = el("span", { class: "cite-head" }, ...label);
    if (isCommand) {
      const button = el(
        "button",
        { type: "button", class: "cite", data: { open: "1", number } },
        head,
        el("code", { class: "quote" }, quote),
      );
      button.addEventListener("click", () => {
        copy(button.querySelector(".where"), citation.quote);
      });
      button.title = "Copy the command";
      return button;
    }
    const place = {
      index: reply.index,
      document_id: citation.document_id,
      revision: citation.revision,
      start: citation.start,
      end: citation.end,
      url: citation.url,
      number,
    };
    return el(
      "button",
      {
        type: "button",
        class: "cite",
        data: { open: "1", number },
        on: { click: (event) => this.open(place, event.currentTarget) },
      },
      head,
      citation.commit && plain(citation.title).endsWith(quote)
        ? null
        : el(
            "span",
            {
              class:
                citation.symbol || (citation.commit && citation.path) || CODE.test(citation.path)
                  ? "quote mono"
                  : "quote",
            },
            quote,
          ),
    );
  }

  passages(contexts, nearest) {
    if (!contexts.length) return null;
    const rows = contexts.map((one) => {
      const place = {
        index: this.index,
        document_id: one.document_id,
        revision: one.revision,
        url: one.url,
        lines: one.kind === "hunk" || one.kind === "commit" ? null : [one.start_line, one.end_line],
        text: one.text,
      };
      const first = one.text.split("\n").find((line) => line.trim().length > 12) || one.text;
      const similarity = one.similarity === null ? "" : `similarity ${one.similarity.toFixed(2)}`;
      return el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            class: "cite slim",
            data: { open: "1" },
            on: { click: (event) => this.open(place, event.currentTarget) },
          },
          el(
            "span",
            { class: "cite-head" },
            el("span", { class: "where" }, placeName(one)),
            el("span", { class: "note" }, similarity),
          ),
          el("span", { class: "quote brief" }, plain(first.trim().slice(0, 200))),
        ),
      );
    });
    const title = nearest ? "Nearest passages — they do not answer it" : `${plural(contexts.length, "passage")} found`;
    return el(
      "details",
      { class: "passages", open: nearest },
      el("summary", {}, title),
      el("ol", { class: "cites" }, ...rows),
    );
  }

  foot(reply) {
    const said = [reply.index];
    if (reply.as_of)
      said.push(`at ${reply.as_of.slice(0, 7)}${reply.as_of_date ? ` of ${day(reply.as_of_date)}` : ""}`);
    if (reply.fresh_at) said.push(`read ${ago(reply.fresh_at)}`);
    if (reply.indexed < 1)
      said.push(`${reply.kind === "fact" ? "history" : "index"} ${Math.floor(reply.indexed * 100)} % complete`);
    said.push(
      reply.elapsed_ms < 1000 ? `${Math.round(reply.elapsed_ms)} ms` : `${(reply.elapsed_ms / 1000).toFixed(1)} s`,
    );
    const copyText = el("button", { type: "button", class: "quiet small" }, "Copy");
    copyText.addEventListener("click", () => copy(copyText, asText(reply)));
    const link = el("button", { type: "button", class: "quiet small", title: "A link to this answer" }, "Link");
    link.addEventListener("click", () => copy(link, `${location.origin}${location.pathname}#answer=${reply.id}`));
    const skipped = reply.skipped.length
      ? el("p", { class: "note" }, "Not done: ", plain(reply.skipped.map(stageName).join("; ")))
      : null;
    return el(
      "div",
      { class: "foot" },
      el("p", { class: "note" }, said.join(" · ")),
      skipped,
      thumbs(reply, [copyText, link]),
    );
  }
}

/** The name of a cited place: path and lines and symbol, or commit and subject. */
export function placeName(one) {
  const parts = [];
  if (one.commit) {
    const subject = (one.title || "").replace(/^commit [0-9a-f]{7,} /, "");
    parts.push(el("code", {}, one.commit.slice(0, 7)), " ", plain(subject || "commit"));
    if (one.path) parts.push(el("span", { class: "soft" }, ` in ${plain(one.path)}`));
    return el("span", {}, ...parts);
  }
  const lines = one.start_line === one.end_line ? `${one.start_line}` : `${one.start_line}–${one.end_line}`;
  parts.push(
    el("span", { class: "path" }, plain(one.path || one.title || one.document_id)),
    el("span", { class: "soft at-lines" }, one.page ? ` page ${one.page}` : `:${lines}`),
  );
  if (one.symbol) parts.push(" ", el("code", {}, plain(one.symbol)));
  else if (one.kind && one.kind !== "code")
    parts.push(el("span", { class: "soft" }, ` ${KIND_NAMES[one.kind] || one.kind}`));
  return el("span", {}, ...parts);
}

const STAGES = { dense: "search by meaning", lexical: "search by words", exact: "search by names" };

/** "dense: no vectors yet" in words for people. */
function stageName(told) {
  const handedIn = /^push:(\S+) has (no history .*)$/.exec(told);
  if (handedIn) return `documents handed in to ${handedIn[1]} have ${handedIn[2].replace(" is ", " are ")}`;
  const [stage, ...rest] = told.split(": ");
  return rest.length && STAGES[stage] ? `${STAGES[stage]} (${rest.join(": ")})` : told;
}

function markerOf(n, citation, listener) {
  const where = citation.path ? `${citation.path}, line ${citation.start_line}` : citation.title;
  return el(
    "button",
    {
      type: "button",
      class: "ref",
      title: plain(where),
      "aria-label": `Citation ${n}: ${plain(where)}`,
      on: { click: listener },
    },
    String(n),
  );
}

/** How sure the answer is, in words that can be held against it. */
function verdict(reply) {
  if (reply.abstained) {
    const title = `Not found in ${reply.index}`;
    const more =
      reply.kind === "none"
        ? reply.warning ||
          "No passage answers the question. Ask with other words, or name a file, a symbol or a commit."
        : "The history says that there is no such thing:";
    return el("div", { class: "verdict none" }, el("b", {}, title), el("p", {}, more));
  }
  if (reply.kind === "fact")
    return el(
      "div",
      { class: "verdict fact" },
      el("b", {}, "Exact"),
      el("span", {}, "computed from the repository, not guessed"),
    );
  const percent = Math.round(reply.confidence * 100);
  const words =
    percent >= 90
      ? "very likely answers it"
      : percent >= 75
        ? "likely answers it"
        : percent >= 40
          ? "may answer it: check the citations"
          : "unlikely to answer it: check the citations";
  const meter = el("meter", {
    min: 0,
    max: 1,
    value: reply.confidence,
    low: 0.5,
    high: 0.75,
    optimum: 1,
    "aria-label": `Confidence ${percent} percent`,
  });
  const kind = reply.kind === "generated" ? "Written" : "Quoted";
  return el(
    "div",
    {
      class: `verdict ${percent >= 75 ? "sure" : "unsure"}`,
      title: "Of answers given with this confidence, about this share are right.",
    },
    el("b", {}, kind),
    meter,
    el("span", {}, `${percent} % — ${words}`),
  );
}

function progress(text) {
  return el(
    "p",
    { class: "progress", role: "status" },
    el("span", { class: "dots", "aria-hidden": "true" }),
    `${text}…`,
  );
}

function countDown(button, seconds) {
  const tick = () => {
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? `Try again in ${seconds} s` : "Try again";
    if (seconds-- > 0 && button.isConnected) setTimeout(tick, 1000);
  };
  setTimeout(tick);
}

function asText(reply) {
  const sources = reply.citations.map(
    (one, n) =>
      `[${n + 1}] ${one.url && isWebAddress(one.url) ? one.url : one.commit ? `commit ${one.commit.slice(0, 10)} ${one.title}` : `${one.path}:${one.start_line}-${one.end_line}`}`,
  );
  return [reply.question, "", reply.answer, "", ...sources].join("\n");
}
