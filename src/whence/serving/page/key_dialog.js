// The box for a key, where the service asks for one.

import * as api from "./api.js";
import { byId } from "./dom.js";

/** Asks for a key, tries it with `check`, and goes on with `then` where it opens something. */
export function askForKey(check, then, why = "") {
  const dialog = byId("key-dialog");
  byId("key-problem").hidden = !why;
  byId("key-problem").textContent = why;
  byId("forget-key").hidden = !api.key.get();
  byId("open-key").hidden = false;
  dialog.returnValue = "";
  dialog.onclose = async () => {
    if (dialog.returnValue !== "use") return;
    api.key.set(byId("key").value.trim());
    byId("key").value = "";
    try {
      await check();
      then?.();
    } catch (problem) {
      askForKey(check, then, problem.detail);
    }
  };
  if (!dialog.open) dialog.showModal();
}

byId("key-form").addEventListener("submit", () => (byId("key-dialog").returnValue = "use"));
byId("key-form").querySelector("[type=submit]").value = "use";
byId("cancel-key").addEventListener("click", () => byId("key-dialog").close(""));
byId("forget-key").addEventListener("click", () => {
  api.key.forget();
  location.reload();
});
