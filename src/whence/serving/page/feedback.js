// What somebody thinks of an answer: right or wrong, why, and what would be right.

import * as api from "./api.js";
import { el } from "./dom.js";

/** The row below an answer; `tools` stand at its end. */
export function thumbs(reply, tools) {
  const box = el("div", { class: "row thumbs" });
  const state = el("span", { class: "note", role: "status" });
  const send = async (body) => {
    try {
      const told = await api.post("feedback", { answer_id: reply.id, ...body });
      state.textContent = told.replaced ? "Noted instead of what you said before." : "Noted. Thank you.";
      for (const button of [up, down])
        button.setAttribute("aria-pressed", String(button.dataset.thumbs === body.thumbs));
      form.hidden = body.thumbs === "up";
      return true;
    } catch (problem) {
      state.textContent =
        problem.status === 404 ? "This answer is not kept, so nothing can be noted on it." : problem.detail;
      return false;
    }
  };
  const up = el(
    "button",
    {
      type: "button",
      class: "quiet small",
      data: { thumbs: "up" },
      "aria-pressed": "false",
      on: { click: () => send({ thumbs: "up" }) },
    },
    "Right",
  );
  const down = el(
    "button",
    {
      type: "button",
      class: "quiet small",
      data: { thumbs: "down" },
      "aria-pressed": "false",
      "aria-expanded": "false",
    },
    "Wrong",
  );
  const reason = el("input", {
    type: "text",
    maxLength: 10000,
    placeholder: "what is wrong",
    "aria-label": "What is wrong with the answer",
  });
  const right = el("textarea", {
    rows: 2,
    maxLength: 50000,
    placeholder: "the right answer",
    "aria-label": "The right answer",
  });
  const form = el(
    "form",
    { class: "correct", hidden: true },
    el("label", {}, "What is wrong", reason),
    el("label", {}, "The right answer, if you know it", right),
    el("button", { type: "submit", class: "small" }, "Send"),
  );
  down.addEventListener("click", () => {
    form.hidden = !form.hidden;
    down.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) reason.focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await send({ thumbs: "down", reason: reason.value, corrected_answer: right.value })) form.hidden = true;
  });
  box.append(
    el("span", { class: "note" }, "Was this right?"),
    up,
    down,
    state,
    el("span", { class: "grow" }),
    ...tools,
  );
  return el("div", {}, box, form);
}
