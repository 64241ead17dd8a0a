// The text of an answer: paragraphs with the marks of citations, and what is indented as it is written.

import { el, plain, scrolling } from "./dom.js";
import { inline } from "./markdown.js";

/** The first lines of a quote, moved to the margin together. */
export function excerpt(quote) {
  const lines = quote.replace(/\s+$/, "").split("\n");
  const shown = lines.slice(0, 6);
  const depths = shown
    .slice(1)
    .filter((line) => line.trim())
    .map((line) => line.match(/^\s*/)[0].length);
  const least = depths.length ? Math.min(...depths) : 0;
  const depth = /[:({[]$/.test(shown[0]) ? Math.max(0, least - 4) : least; // what it opens stays within it
  const moved = shown.map((line, n) =>
    n ? line.slice(depth) : line.slice(Math.min(line.match(/^\s*/)[0].length, depth || Infinity)),
  );
  return plain(moved.join("\n").slice(0, 600)) + (lines.length > shown.length ? "\n…" : "");
}

/** Paragraphs; what is indented stays as it is written. `marker(n)` makes the button of a citation. */
export function prose(text, citations, marker) {
  const made = [];
  let last = 0;
  const numbered = (piece) => {
    const nodes = [];
    let at = 0;
    for (const found of piece.matchAll(/ ?\[(\d{1,3})\]/g)) {
      if (found[0][0] !== " " && /\w/.test(piece[found.index - 1] || "")) continue; // an index of code: rows[1]
      const button = Number(found[1]) <= citations.length ? marker(Number(found[1])) : null;
      if (!button) continue;
      const before = plain(piece.slice(at, found.index));
      at = found.index + found[0].length;
      const after = piece.slice(at).match(/^[.,:;)]*/)[0];
      const word = before.match(/\S{0,24}$/)[0];
      nodes.push(before.slice(0, before.length - word.length), el("span", { class: "nowrap" }, word, button, after));
      at += after.length;
      last = Number(found[1]);
    }
    nodes.push(plain(piece.slice(at)));
    return nodes;
  };
  for (const group of text.split(/\n{2,}/)) {
    let run = [];
    let indented = false;
    const flush = () => {
      if (run.length && indented) {
        const depth = Math.min(...run.filter((line) => line.trim()).map((line) => line.match(/^ */)[0].length));
        const rows = run.map((line) => line.slice(depth));
        const pre = scrolling(el("pre", {}));
        rows.forEach((row, n) => {
          const found = row.match(/ \[(\d{1,3})\]$/);
          const number = found && Number(found[1]) <= citations.length ? Number(found[1]) : 0;
          const button = number && number !== last ? marker(number) : null; // rows that one citation carries need it once
          last = number || last;
          pre.append(n ? "\n" : "", plain(number ? row.slice(0, found.index) : row), button || "");
        });
        made.push(pre);
      } else if (run.length) {
        made.push(...paragraphs(run, numbered));
      }
      run = [];
    };
    for (const line of group.split("\n")) {
      const is = /^ {2,}\S/.test(line) || (indented && !line.trim());
      if (is !== indented) flush();
      indented = is;
      run.push(line);
    }
    flush();
  }
  return made;
}

function paragraphs(lines, numbered) {
  if (lines.every((line) => /^[-*•] /.test(line)))
    return [el("ul", {}, ...lines.map((line) => el("li", {}, ...inline(line.slice(2), numbered))))];
  return [el("p", {}, ...inline(lines.join("\n"), numbered))];
}
