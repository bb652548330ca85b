// Texts with formatting, as elements. Everything from the chat is set as text, never as markup.

import { t } from "./words.js";

const ELEMENTS = { bold: "b", italic: "i", underline: "u", strike: "s", code: "code", pre: "pre", quote: "blockquote" };
const BLOCKS = new Set(["pre", "quote"]);
const MARKS = /^[.,;:!?)»”…]*/;
const OPENED = new Set(["http:", "https:", "mailto:", "tg:"]);

export function make(tag, classes = "", text = "") {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (text) element.textContent = text;
  return element;
}

/** Return an address that may be opened, null for anything else, such as javascript: */
export function safeAddress(text) {
  for (const candidate of [text, `https://${text}`]) {
    try {
      const address = new URL(candidate);
      if (OPENED.has(address.protocol)) return address;
      if (candidate === text && text.includes(":") && !/^[\w.-]+:\d/.test(text)) return null;
    } catch { /* try it with a scheme in front */ }
  }
  return null;
}

export function fillText(parent, text, entities, actions) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  fill(parent, text, 0, text.length, sorted, actions);
}

function fill(parent, text, start, end, entities, actions) {
  let at = start;
  const rest = [...entities];
  while (rest.length) {
    const entity = rest.shift();
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (to <= from) continue;
    parent.append(text.slice(at, from));
    const inner = rest.filter((other) => other.offset < to);
    const element = elementFor(entity, text.slice(from, to), actions);
    fill(element, text, from, to, inner, actions);
    const after = entity.kind === "command" ? MARKS.exec(text.slice(to, end))[0] : "";
    parent.append(after ? unbroken(element, after) : element);
    // A block ends its line by itself.
    at = BLOCKS.has(entity.kind) && text[to] === "\n" ? to + 1 : to + after.length;
  }
  parent.append(text.slice(at, end));
}

/** A line may end behind a button, but no full stop may begin one. */
function unbroken(element, after) {
  const whole = make("span", "unbroken");
  whole.append(element, after);
  return whole;
}

function elementFor(entity, text, actions) {
  if (entity.kind === "spoiler") return spoiler();
  if (entity.kind === "command") {
    const command = make("button", "link");
    command.type = "button";
    command.addEventListener("click", () => actions.say(text));
    return command;
  }
  if (entity.kind === "link" || entity.kind === "email") {
    const address = safeAddress(entity.kind === "email" ? `mailto:${text}` : entity.url ?? text);
    if (address) return link(make("a", "link"), address, actions);
  }
  const element = make(ELEMENTS[entity.kind] ?? "span");
  if (entity.collapsed) collapse(element);
  if (entity.kind === "code") {
    element.addEventListener("click", () => actions.copy(text));
    element.classList.add("copies");
  }
  return element;
}

export function link(element, address, actions) {
  element.href = address.href;
  element.target = "_blank";
  element.rel = "noopener noreferrer";
  element.addEventListener("click", (event) => {
    if (actions.openHere(address)) event.preventDefault();
  });
  return element;
}

function collapse(element) {
  element.classList.add("collapsed");
  element.tabIndex = 0;
  element.setAttribute("role", "button");
  element.setAttribute("aria-expanded", "false");
  const turn = () => element.setAttribute("aria-expanded", String(!element.classList.toggle("collapsed")));
  element.addEventListener("click", turn);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); turn(); }
  });
}

function spoiler() {
  const element = make("span", "spoiler");
  element.tabIndex = 0;
  element.setAttribute("role", "button");
  element.setAttribute("aria-label", t("spoiler"));
  const open = () => {
    element.classList.add("open");
    for (const name of ["role", "aria-label", "tabindex"]) element.removeAttribute(name);
  };
  element.addEventListener("click", open, { once: true });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); }
  });
  return element;
}
