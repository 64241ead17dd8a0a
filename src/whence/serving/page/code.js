// Colours code a little: comments, texts, numbers and the words that most languages keep. No grammar, no promise.

import { el, plain } from "./dom.js";

const WORDS = new Set(
  (
    "abstract and as assert async await bool break case catch char class const continue def default del do double elif else enum except export extends extern " +
    "False final finally float fn for from func function global go goto if impl implements import in instanceof int interface is lambda let long loop match mod " +
    "module mut namespace new nil None nonlocal not null or override package pass private protected pub public raise range return self short sizeof static " +
    "struct super switch template this throw throws trait True true false try type typedef typeof union unsigned use using var virtual void where while with yield"
  ).split(" "),
);
const HASH = "python ruby shell bash sh toml yaml ini make makefile dockerfile perl r cmake text";
const MAX_CHARS = 400000;

/** The lines of a text, each as nodes. */
export function coloured(text, language) {
  if (text.length > MAX_CHARS || ["text", "markdown", "rst", "pdf", "diff", ""].includes(language)) {
    return text.split("\n").map((line) => [plain(line)]);
  }
  const hash = HASH.split(" ").includes(language);
  const comment = hash ? "#[^\\n]*" : "\\/\\/[^\\n]*|\\/\\*[\\s\\S]*?(?:\\*\\/|$)";
  const texts =
    (hash ? "\"\"\"[\\s\\S]*?(?:\"\"\"|$)|'''[\\s\\S]*?(?:'''|$)|" : "`(?:\\\\.|[^`\\\\])*`|") +
    "\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])*'";
  const pattern = new RegExp(`(${comment})|(${texts})|\\b(\\d[\\w.]*)\\b|\\b([A-Za-z_]\\w*)\\b`, "g");
  const lines = [[]];
  const add = (piece, kind) => {
    piece.split("\n").forEach((part, n) => {
      if (n) lines.push([]);
      if (part) lines.at(-1).push(kind ? el("span", { class: kind }, plain(part)) : plain(part));
    });
  };
  let at = 0;
  for (const found of text.matchAll(pattern)) {
    const kind = found[1]
      ? "c-note"
      : found[2]
        ? "c-text"
        : found[3]
          ? "c-number"
          : WORDS.has(found[4])
            ? "c-word"
            : "";
    if (!kind) continue;
    add(text.slice(at, found.index), "");
    add(found[0], kind);
    at = found.index + found[0].length;
  }
  add(text.slice(at), "");
  return lines;
}
