// Makes elements. Text only ever becomes text: nothing in this page turns a string into markup.

/** An element: properties by name, `class`, `data`, `on` and attributes with a dash or without a property. */
export function el(name, options = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    if (key === "class") made.className = value;
    else if (key === "data") Object.assign(made.dataset, value);
    else if (key === "on")
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (key in made && !key.includes("-")) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** A link to a page of people, or plain text where the address is no web address. */
export function outward(address, text, options = {}) {
  if (!isWebAddress(address)) return el("span", options, text);
  return el("a", { ...options, href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, text);
}

export function isWebAddress(address) {
  if (!/^https?:\/\//i.test(address)) return false;
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

/** An element that can be scrolled by keys whenever it is larger than its place. */
export function scrolling(element) {
  widths.observe(element);
  return element;
}

/** Control and direction-changing characters made visible, so that a name cannot look like another. */
export function plain(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** Tells screen readers. */
export function say(text) {
  byId("said").textContent = text;
}

export function plural(n, one, many = one + "s") {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** "4 min ago", from a time as JSON has it. */
export function ago(moment) {
  const seconds = Math.max(0, (Date.now() - Date.parse(moment)) / 1000);
  if (seconds < 90) return "just now";
  const steps = [
    [60, "min"],
    [24, "h"],
    [31, "day"],
    [12, "month"],
    [Infinity, "year"],
  ];
  let amount = seconds / 60;
  for (const [size, unit] of steps) {
    if (amount < size) {
      const n = Math.floor(amount);
      return `${n} ${unit}${n > 1 && unit.length > 3 ? "s" : ""} ago`;
    }
    amount /= size;
  }
  return "";
}

export const day = (moment) => (moment || "").slice(0, 10);

/** Copies, and says so on the button for a moment. */
export async function copy(button, text) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => (button.textContent = before), 1500);
}
