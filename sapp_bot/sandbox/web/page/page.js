// The page: chats of several persons, one shown; what is typed goes to the bridge.

import { makeBubble } from "./bubbles.js";
import { confirm, tell, view } from "./dialogs.js";
import { Entry } from "./entry.js";
import { takeFiles } from "./files.js";
import { Link } from "./link.js";
import { showPanel } from "./panel.js";
import { make } from "./text.js";
import { speak, t } from "./words.js";

const $ = (id) => document.getElementById(id);
const NEAR_END = 120;
const TYPING_MS = 6000;
const TOAST_MS = 3500;

const chats = new Map();
let current = null;
let bot = { state: "starting", code: null, name: "", user_mode: false };
let panel = null;
let shown = 0;
let isWhole = false;
let linkState = "closed";
let toastTimer = 0;

const keyOf = (chat) => JSON.stringify([chat.person, chat.group]);
const link = new Link(onEvent, onLink);
const inChat = (request, chat = current) => link.ask({ ...request, chat: { person: chat.person, group: chat.group } });

// What the bridge tells

function onLink(state) {
  linkState = state;
  if (state === "open") {
    isWhole = false;
    chats.clear();
  }
  showStatus();
}

function onEvent(event) {
  if (event.type === "bot") bot = event;
  const chat = event.chat && chats.get(keyOf(event.chat));
  switch (event.type) {
    case "bot": showStatus(); if (current) showHead(); break;
    case "panel": panel = event; showAuthor(); break;
    case "chat": addChat(event); break;
    case "message": takeMessage(chat, event.message); break;
    case "gone": for (const id of event.ids) forget(chat, id); break;
    case "typing": showTyping(chat); break;
    case "stars": takeStars(chat, event); break;
    case "popup": popUp(chat, event); break;
    case "whole": begin(event.first); break;
    default: break;
  }
}

async function begin(first) {
  isWhole = true;
  const kept = current && chats.get(keyOf(current));
  if (chats.size === 0) await openChat({ person: first, group: "" }, "");
  else select(kept ?? chats.values().next().value);
}

function addChat({ chat, language }) {
  const known = chats.get(keyOf(chat));
  for (const other of chats.values()) if (other.person === chat.person) other.language = language;
  if (!known) chats.set(keyOf(chat), { ...chat, language, messages: new Map(), unread: 0, balance: null, draft: "" });
  if (current?.person === chat.person) { current.language = language; redraw(); }
  showTabs();
}

function takeMessage(chat, message) {
  if (!chat) return;
  message.shown = ++shown;
  const isNew = !chat.messages.has(message.id);
  chat.messages.set(message.id, message);
  chat.typing = 0;
  if (chat === current) place(message, isNew);
  else if (isNew && isWhole) { chat.unread += 1; showTabs(); }
}

function takeStars(chat, { id, stars, is_refund }) {
  if (!chat) return;
  takeMessage(chat, { id, notice: [is_refund ? "starsReturned" : "starsPaid", stars] });
  refreshStars(chat);
}

function forget(chat, id) {
  if (!chat) return;
  chat.messages.delete(id);
  if (chat !== current) return;
  const element = find(id);
  if (!element) return;
  element.classList.add("going");
  element.removeAttribute("data-id");
  setTimeout(() => element.remove(), 180);
  showPrompt();
}

function popUp(chat, { text, alert }) {
  if (alert) tell(text);
  else toast(chat && chat !== current ? `${chat.person}: ${text}` : text);
}

// The chat that is shown

const actions = {
  say: (text) => act(inChat({ do: "say", text })),
  press: (message, key) => act(inChat({ do: "press", id: message.id, key })),
  remove: (message) => act(inChat({ do: "delete", id: message.id })),
  edit: (message) => entry.edit(message),
  copy: async (text) => {
    try { await navigator.clipboard.writeText(text); toast(t("copied")); } catch { toast(t("copyFailed")); }
  },
  pay: async (message) => {
    const chat = current;
    const { stars } = await inChat({ do: "stars", more: 0 });
    const answer = await confirm({ title: t("payFor", message.invoice), text: t("balance", { stars }), yes: t("pay") });
    if (answer) await act(inChat({ do: "pay", id: message.id }, chat));
    refreshStars(chat);
  },
  view: (image) => view(image),
  stay: () => stayAtEnd(true),
  openHere: (address) => {
    const isBots = address.hostname === "t.me" && address.pathname.slice(1).toLowerCase() === bot.name.toLowerCase();
    if (!isBots) return false;
    const start = address.searchParams.get("start");
    openChat({ person: current.person, group: "" }, "").then(() => start !== null && actions.say(`/start ${start}`.trim()));
    return true;
  },
};

async function act(asked) {
  try { return await asked; } catch (error) { if (error.message) toast(error.message); return null; }
}

async function openChat(chat, language) {
  if (await act(link.ask({ do: "open", chat, language }))) select(chats.get(keyOf(chat)));
}

function select(chat) {
  if (current) current.draft = entry.value;
  current = chat;
  chat.unread = 0;
  redraw();
  showTabs();
  entry.begin(chat);
  refreshStars(chat);
}

function redraw() {
  speak(current.language);
  const log = $("log");
  log.setAttribute("aria-busy", "true");
  const sorted = [...current.messages.values()].sort((a, b) => a.id - b.id);
  log.replaceChildren(...sorted.map(draw));
  joinAlbums();
  log.setAttribute("aria-busy", "false");
  log.scrollTop = log.scrollHeight;
  showHead();
  showPrompt();
  showAuthor();
  showStatus();
}

function draw(message) {
  if (!message.notice) return makeBubble(message, current, actions);
  const notice = make("div", "notice", t(message.notice[0], { stars: message.notice[1] }));
  notice.dataset.id = message.id;
  return notice;
}

const find = (id) => $("log").querySelector(`[data-id="${id}"]`);

function place(message, isNew) {
  const atEnd = isAtEnd();
  const element = draw(message);
  const former = find(message.id);
  if (former) {
    const key = former.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    former.replaceWith(element);
    if (key !== undefined) element.querySelector(`[data-key="${key}"]`)?.focus({ preventScroll: true });
  } else {
    const next = [...$("log").children].find((other) => Number(other.dataset.id) > message.id);
    $("log").insertBefore(element, next ?? null);
    if (isNew && isWhole) element.classList.add("new");
  }
  if (message.album) joinAlbums();
  if (message.own || atEnd) stayAtEnd(true);
  showPrompt();
  showStatus();
}

function joinAlbums() {
  for (const part of document.querySelectorAll("#log [data-album]")) {
    part.classList.toggle("joined", part.previousElementSibling?.dataset.album === part.dataset.album);
  }
}

function isAtEnd() {
  const log = $("log");
  return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
}

function stayAtEnd(yes) {
  if (yes) $("log").scrollTop = $("log").scrollHeight;
}

// What stands above and below can take a line more: "typing…" is shorter than where one is.
new ResizeObserver(() => stayAtEnd(isAtEnd())).observe($("log"));

function showPrompt() {
  const messages = [...current.messages.values()].filter((message) => !message.notice);
  const newest = messages.reduce((a, b) => (!b.own && b.id > (a?.id ?? 0) ? b : a), null);
  const answered = messages.some((message) => message.own && message.id > (newest?.id ?? 0));
  entry.prompt(newest && newest.prompt !== null && !answered ? newest : null);
  $("log").classList.toggle("empty", messages.length === 0);
  $("log").dataset.empty = t("nothing");
}

function showTyping(chat) {
  if (!chat) return;
  const until = chat.typing = Date.now() + TYPING_MS;
  showStatus();
  setTimeout(() => { if (chat.typing === until) { chat.typing = 0; showStatus(); } }, TYPING_MS);
}

function showStatus() {
  const states = { running: "botRunning", starting: "botStarting", ended: "botEnded" };
  const state = t(states[bot.state], bot);
  $("bot-state").textContent = state;
  $("bot-state").dataset.state = bot.state;
  let text = state;
  if (linkState === "lost") text = t("lost");
  else if (linkState !== "open") text = t("offline");
  else if (bot.state === "running" && current?.typing) text = t("typing");
  else if (bot.state === "running" && current) text = where(current);
  if ($("status").textContent !== text) $("status").textContent = text;
}

// That the rates are made up is said where it is always seen: a picture of the page tells it, too.
const named = (chat) => (chat.group ? t("groupOf", chat) : `${chat.person}, ${t("privateChat")}`);
const where = (chat) => `${named(chat)} · ${t("madeUp")}`;

function showHead() {
  const name = current.group || (bot.user_mode ? "Saved Messages" : `@${bot.name || t("botName")}`);
  $("title").textContent = name;
  $("face").textContent = name.replace("@", "").slice(0, 1).toUpperCase();
  $("language").value = current.language.startsWith("ru") ? "ru" : "en";
  showStars();
}

function showStars() {
  const count = String(current.balance ?? "");
  $("starcount").textContent = count;
  $("stars").title = t("stars");
  $("stars").setAttribute("aria-label", `${count} ${t("stars")}`.trim());
}

async function refreshStars(chat) {
  const answer = await act(inChat({ do: "stars", more: 0 }, chat));
  if (!answer) return;
  for (const other of chats.values()) if (other.person === chat.person) other.balance = answer.stars;
  if (current) showStars();
}

// The list of chats

function showTabs() {
  const tabs = [...chats.values()].map((chat) => {
    const tab = make("button", "tab");
    tab.type = "button";
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", "chat");
    tab.setAttribute("aria-selected", String(chat === current));
    tab.tabIndex = chat === current ? 0 : -1;
    const face = make("span", "face", (chat.group || chat.person).slice(0, 1).toUpperCase());
    face.setAttribute("aria-hidden", "true");
    const names = make("span", "names");
    names.append(make("span", "name", chat.group || chat.person));
    names.append(make("span", "value", chat.group ? chat.person : chat.language));
    tab.append(face, names);
    if (chat.unread) tab.append(make("span", "unread", String(chat.unread)));
    tab.addEventListener("click", () => select(chat));
    return tab;
  });
  const hadFocus = $("tabs").contains(document.activeElement);
  $("tabs").replaceChildren(...tabs);
  $("tabs").querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (hadFocus) $("tabs").querySelector("[aria-selected=true]")?.focus();
}

$("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...chats.values()];
  select(all[(all.indexOf(current) + step + all.length) % all.length]);
  $("tabs").querySelector("[aria-selected=true]").focus();
});

$("add").addEventListener("click", async () => {
  const answer = await confirm({
    title: t("newChat"),
    yes: t("open"),
    fields: [
      { name: "person", label: t("person"), pattern: "[\\p{L}\\p{N}_]{1,32}", required: true },
      { name: "language", label: t("language"), options: { "": "–", en: "English", ru: "Русский" } },
      { name: "group", label: t("group"), maxLength: 64 },
    ],
  });
  if (answer) await openChat({ person: answer.person, group: answer.group.trim() }, answer.language);
});

$("language").addEventListener("change", () => openChat({ person: current.person, group: current.group }, $("language").value));

$("stars").addEventListener("click", async () => {
  const chat = current;
  const answer = await confirm({
    title: t("starsGive"),
    text: t("balance", { stars: chat.balance ?? 0 }),
    yes: t("starsGive"),
    fields: [{ name: "more", label: "★", type: "number", min: 1, max: 1000000, value: "1000", required: true }],
  });
  if (answer) await act(inChat({ do: "stars", more: Number(answer.more) }, chat));
  refreshStars(chat);
});

// The author's panel

function showAuthor() {
  if (!panel) return;
  showPanel(
    panel,
    (name, on) => act(link.ask({ do: "switch", name, on })),
    async (name) => { if (await act(link.ask({ do: "timer", name }))) toast(t("timerAsked", { name })); },
  );
}

function togglePanel(open) {
  document.body.classList.toggle("panel-open", open);
  $("open-panel").setAttribute("aria-expanded", String(open));
  (open ? $("close-panel") : $("open-panel")).focus();
}

$("open-panel").addEventListener("click", () => togglePanel(!document.body.classList.contains("panel-open")));
$("close-panel").addEventListener("click", () => togglePanel(false));
$("panel").addEventListener("keydown", (event) => { if (event.key === "Escape") togglePanel(false); });
$("restart").addEventListener("click", () => act(link.ask({ do: "restart" })));
$("make-admin").addEventListener("click", async () => {
  const answer = await confirm({
    title: t("makeAdmin"),
    yes: t("alertOk"),
    fields: [{ name: "email", label: t("email"), type: "email", maxLength: 254, required: true }],
  });
  if (answer && await act(link.ask({ do: "admin", email: answer.email }))) toast(t("isAdmin", answer));
});
$("chargeback").addEventListener("click", async () => {
  if (await act(inChat({ do: "chargeback" }))) toast(t("chargedBack"));
});

function toast(text) {
  const place = $("toast");
  place.textContent = text;
  place.classList.add("open");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => place.classList.remove("open"), TOAST_MS);
}

takeFiles(() => current, toast);

const entry = new Entry({
  send: async (text, chat) => Boolean(await act(inChat({ do: "say", text }, chat))),
  edit: async (id, text, chat) => Boolean(await act(inChat({ do: "edit", id, text }, chat))),
  attach: async () => {
    const answer = await confirm({
      title: t("attach"),
      yes: t("send"),
      fields: [{ name: "what", label: t("choice"), options: { photo: t("photo"), sticker: t("sticker"), own: t("ownFile") } }],
    });
    if (answer?.what === "own") $("own-file").click();
    else if (answer) await act(inChat({ do: "attach", what: answer.what }));
  },
  menu: async (chat) => (await act(inChat({ do: "menu" }, { ...chat, group: "" })))?.menu ?? {},
  ask: async (text, chat) => (await act(inChat({ do: "ask", text }, chat)))?.results ?? [],
  choose: (result, chat) => act(inChat({ do: "choose", result }, chat)),
  botName: () => bot.name,
  lastOwn: () => [...current.messages.values()].filter((one) => one.own && one.text && !one.media && !one.photo).sort((a, b) => b.id - a.id)[0],
});

speak(navigator.language);
showStatus();
