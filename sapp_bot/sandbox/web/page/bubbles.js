// One message of a chat as a bubble, with its buttons.

import { fillText, link, make, safeAddress } from "./text.js";
import { clock, t } from "./words.js";

const MARKS = { copy: "❏", url: "↗", buy: "★" };

export function makeBubble(message, chat, actions) {
  const article = make("article", message.own ? "message own" : "message");
  article.dataset.id = message.id;
  if (message.album) article.dataset.album = message.album;
  article.setAttribute("aria-label", `${message.who === "bot" ? t("botName") : message.who}, ${clock(message.at)}`);
  const bubble = make("div", "bubble");
  if (chat.group && !message.own) bubble.append(make("div", "who", message.who === "bot" ? t("botName") : message.who));
  if (message.photo) bubble.append(photo(message, chat, actions));
  if (message.file) bubble.append(file(message, chat));
  if (message.invoice) bubble.append(make("div", "invoice", `${message.invoice.title} · ★ ${message.invoice.stars}`));
  if (message.media) bubble.append(make("div", "media", message.media === "sticker" ? "🙂" : `[${message.media}]`));
  const text = make("div", "text");
  text.dir = "auto";
  fillText(text, message.text, message.entities, actions);
  const foot = make("span", "foot", `${message.edited ? `${t("edited")} ` : ""}${clock(message.at)}`);
  if (message.text) bubble.append(text);
  bubble.append(foot);
  article.append(bubble);
  if (message.own) {
    article.tabIndex = -1; // a tap on it shows its tools
    article.append(tools(message, actions));
  }
  if (message.rows.length) article.append(keyboard(message, actions));
  return article;
}

function mediaAddress(message, chat) {
  const query = new URLSearchParams({ person: chat.person, group: chat.group, id: message.id, at: message.shown });
  return `media?${query}`;
}

function photo(message, chat, actions) {
  const button = make("button", "photo");
  button.type = "button";
  button.setAttribute("aria-label", t("photo"));
  const image = make("img");
  image.alt = message.text ? message.text.split("\n")[0] : t("photo");
  image.width = message.photo.w;
  image.height = message.photo.h;
  image.src = mediaAddress(message, chat);
  image.addEventListener("load", actions.stay);
  button.append(image);
  button.addEventListener("click", () => actions.view(image));
  return button;
}

function file(message, chat) {
  const place = make("a", "file");
  place.href = mediaAddress(message, chat);
  place.download = message.file.name;
  place.setAttribute("aria-label", t("download", message.file));
  place.append(make("span", "icon", "↓"), make("span", "name", message.file.name), make("span", "size", message.file.size));
  return place;
}

function tools(message, actions) {
  const place = make("div", "tools");
  const add = (word, sign, act) => {
    const button = make("button", "plain", sign);
    button.type = "button";
    button.title = t(word);
    button.setAttribute("aria-label", t(word));
    button.addEventListener("click", act);
    place.append(button);
  };
  if (message.text && !message.media && !message.photo) add("edit", "✎", () => actions.edit(message));
  add("deleteMessage", "✕", () => actions.remove(message));
  return place;
}

function keyboard(message, actions) {
  const place = make("div", "keys");
  let number = 0;
  for (const row of message.rows) {
    const line = make("div", "keyrow");
    for (const key of row) line.append(makeKey(message, key, number++, actions));
    place.append(line);
  }
  return place;
}

function makeKey(message, key, number, actions) {
  const address = key.kind === "url" ? safeAddress(key.value) : null;
  const element = make(address ? "a" : "button", "key", key.label.replace(/^‹ /, "‹\u00a0"));
  element.dataset.key = number;
  if (MARKS[key.kind]) {
    const mark = make("span", "mark", MARKS[key.kind]);
    mark.setAttribute("aria-hidden", "true");
    element.append(mark);
  }
  if (address) return link(element, address, actions);
  element.type = "button";
  element.addEventListener("click", async () => {
    if (key.kind === "copy") { actions.copy(key.value); return; }
    if (key.kind === "buy") { actions.pay(message); return; }
    if (element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    await actions.press(message, number);
    element.removeAttribute("aria-busy");
  });
  return element;
}
