// Renders Markdown of strangers: a small part of it, to elements, never through markup. Pictures and HTML stay text.

import { el, isWebAddress, outward, scrolling } from "./dom.js";

const MAX_INLINE = 20000;
const INLINE =
  /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|!?\[([^\]\n]{1,500})\]\(\s*<?([^)\s>]{1,2000})>?(?:\s+"[^"\n]*")?\s*\)|(\*\*|(?<!\w)__(?!\w+__))(?=\S)([^\n]{1,2000}?\S)\5|(?<![\w*])([*_])(?=[^\s*_])([^\n*]{1,1000}?[^\s])\7(?![\w*])|(https?:\/\/[^\s<>()"'`\]]{3,500}[^\s<>()"'`\].,;:!?])/g;

/** Nodes of one run of text: code, emphasis, links to the web. `leaf` makes the nodes of what is plain. */
export function inline(text, leaf = (piece) => [piece], depth = 0) {
  if (text.length > MAX_INLINE || depth > 3) return leaf(text);
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    if (found.index > at) nodes.push(...leaf(text.slice(at, found.index)));
    const [whole, , code, label, address, , strong, , emphasis, bare] = found;
    if (code !== undefined) nodes.push(el("code", {}, code.trim() || code));
    else if (label !== undefined && isWebAddress(address) && !whole.startsWith("!"))
      nodes.push(outward(address, label));
    else if (label !== undefined) nodes.push(...leaf(whole.startsWith("!") ? `[picture: ${label}]` : label));
    else if (strong !== undefined) nodes.push(el("strong", {}, ...inline(strong, leaf, depth + 1)));
    else if (emphasis !== undefined) nodes.push(el("em", {}, ...inline(emphasis, leaf, depth + 1)));
    else nodes.push(outward(bare, bare));
    at = found.index + whole.length;
  }
  if (at < text.length) nodes.push(...leaf(text.slice(at)));
  return nodes;
}

/** Elements of a text, each with `data-first` and `data-last`: the lines, from 1, that it came from. */
export function blocks(text) {
  const lines = text.split("\n");
  const made = [];
  let at = 0;
  const push = (element, first) => {
    element.dataset.first = first + 1;
    element.dataset.last = Math.max(first + 1, at);
    made.push(element);
  };
  if (lines[0] === "---") {
    const end = lines.indexOf("---", 1);
    if (end > 0 && end < 40) {
      at = end + 1;
      push(scrolling(el("pre", {}, lines.slice(1, end).join("\n"))), 0);
    }
  }
  while (at < lines.length) {
    const first = at;
    const line = lines[at];
    const fence = line.match(/^ {0,3}(`{3,}|~{3,})/);
    const heading = line.match(/^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/);
    if (!line.trim()) at += 1;
    else if (fence) {
      at += 1;
      while (at < lines.length && !lines[at].trim().startsWith(fence[1])) at += 1;
      const code = lines.slice(first + 1, at).join("\n");
      at += 1;
      push(scrolling(el("pre", {}, el("code", {}, code))), first);
    } else if (heading) {
      at += 1;
      push(el(`h${Math.min(6, heading[1].length + 2)}`, {}, ...inline(heading[2])), first);
    } else if (/^ {0,3}([-*_])( *\1){2,}\s*$/.test(line)) {
      at += 1;
      push(el("hr"), first);
    } else if (/^\s{0,3}>/.test(line)) {
      while (at < lines.length && /^\s{0,3}>/.test(lines[at])) at += 1;
      const inner = lines
        .slice(first, at)
        .map((one) => one.replace(/^\s{0,3}> ?/, ""))
        .join("\n");
      push(el("blockquote", {}, ...inline(inner)), first);
    } else if (/^( {4}|\t)/.test(line)) {
      while (at < lines.length && (/^( {4}|\t)/.test(lines[at]) || !lines[at].trim())) at += 1;
      const code = lines
        .slice(first, at)
        .map((one) => one.replace(/^( {4}|\t)/, ""))
        .join("\n");
      push(scrolling(el("pre", {}, el("code", {}, code.trimEnd()))), first);
    } else if (isTable(lines, at)) {
      while (at < lines.length && lines[at].includes("|")) at += 1;
      push(table(lines.slice(first, at)), first);
    } else if (isItem(line)) {
      while (
        at < lines.length &&
        (isItem(lines[at]) || /^\s+\S/.test(lines[at]) || (!lines[at].trim() && isItem(lines[at + 1] || "")))
      )
        at += 1;
      push(list(lines.slice(first, at)), first);
    } else {
      at += 1;
      while (at < lines.length && lines[at].trim() && !startsBlock(lines, at)) at += 1;
      const underlined = at < lines.length || first + 1 < at ? lines[at - 1].match(/^ {0,3}(=+|-+)\s*$/) : null;
      if (underlined && at - first === 2)
        push(el(underlined[1][0] === "=" ? "h3" : "h4", {}, ...inline(lines[first])), first);
      else push(el("p", {}, ...inline(lines.slice(first, at).join("\n"))), first);
    }
  }
  return made;
}

const isItem = (line) => /^\s*([-*+]|\d{1,9}[.)])\s+\S/.test(line);
const isTable = (lines, at) =>
  lines[at].includes("|") &&
  /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] || "") &&
  (lines[at + 1] || "").includes("-");
const startsBlock = (lines, at) =>
  /^ {0,3}(#{1,6}\s|`{3,}|~{3,}|>)/.test(lines[at]) || isTable(lines, at) || isItem(lines[at]);

function table(lines) {
  const cells = (line) =>
    line
      .trim()
      .replace(/^\||\|$/g, "")
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|"));
  const [head, , ...rows] = lines;
  const made = el(
    "table",
    {},
    el("thead", {}, el("tr", {}, ...cells(head).map((cell) => el("th", { scope: "col" }, ...inline(cell))))),
  );
  made.append(
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...cells(row).map((cell) => el("td", {}, ...inline(cell)))))),
  );
  return scrolling(el("div", { class: "wide" }, made));
}

function list(lines) {
  const items = [];
  for (const line of lines) {
    const found = line.match(/^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/);
    if (found)
      items.push({ depth: Math.min(4, Math.floor(found[1].length / 2)), ordered: /\d/.test(found[2]), text: found[3] });
    else if (items.length && line.trim()) items.at(-1).text += `\n${line.trim()}`;
  }
  const made = el(items[0]?.ordered ? "ol" : "ul");
  for (const item of items) made.append(el("li", { class: `deep${item.depth}` }, ...inline(item.text)));
  return made;
}
