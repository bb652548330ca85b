// Where a person types: sending, editing, the command menu, inline results.

import { make } from "./text.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const INLINE_MS = 250;

export class Entry {
  #editing = null;
  #chat = null;
  #prompt = null;
  #options = [];
  #chosen = -1;
  #timer = 0;
  #round = 0;

  constructor(actions) {
    this.actions = actions;
    this.area = $("entry");
    this.area.addEventListener("input", () => this.#typed());
    this.area.addEventListener("keydown", (event) => this.#key(event));
    $("form").addEventListener("submit", (event) => { event.preventDefault(); this.#submit(); });
    $("menu").addEventListener("click", () => this.#toggleMenu());
    $("attach").addEventListener("click", () => actions.attach());
    $("context-off").addEventListener("click", () => { this.#stopEditing(""); this.area.focus(); });
  }

  get value() {
    return this.#editing ? "" : this.area.value;
  }

  begin(chat) {
    this.#chat = chat;
    this.#editing = null;
    this.#set(chat.draft);
    this.#showContext();
    if (matchMedia("(hover: hover)").matches) this.area.focus({ preventScroll: true });
  }

  /** Show what a forced reply answers, and its placeholder; null for none. */
  prompt(message) {
    this.#prompt = message;
    this.area.placeholder = message?.prompt || t("message");
    this.#showContext();
  }

  edit(message) {
    this.#editing = message;
    this.#set(message.text);
    this.#showContext();
    this.area.focus();
  }

  #set(text) {
    this.#round += 1; // suggestions for what stood there before come too late
    this.area.value = text;
    this.#grow();
    this.#suggest([]);
  }

  #showContext() {
    const text = this.#editing ? `${t("editing")}: ${this.#editing.text}` : this.#prompt && t("replyTo", this.#prompt);
    $("context").hidden = !text;
    $("context-off").hidden = !this.#editing;
    $("context-text").textContent = (text || "").split("\n")[0];
  }

  #stopEditing(text) {
    this.#editing = null;
    this.#set(text);
    this.#showContext();
  }

  async #submit() {
    if (this.#chosen >= 0) { this.#options[this.#chosen].act(); return; }
    const text = this.area.value.trim();
    if (!text || !this.#chat) return;
    const [chat, editing] = [this.#chat, this.#editing];
    this.#stopEditing("");
    const done = await (editing ? this.actions.edit(editing.id, text, chat) : this.actions.send(text, chat));
    // What could not be sent is not lost.
    if (!done && chat === this.#chat && !this.area.value) this.#set(text);
  }

  #key(event) {
    if (event.isComposing) return;
    const { key, shiftKey } = event;
    if (this.#options.length && (key === "ArrowDown" || key === "ArrowUp")) {
      event.preventDefault();
      this.#choose((this.#chosen + (key === "ArrowDown" ? 1 : -1) + this.#options.length) % this.#options.length);
    } else if (key === "Tab" && this.#options.length && this.#chosen < 0 && !shiftKey) {
      event.preventDefault();
      this.#choose(0);
    } else if (key === "Escape") {
      if (this.#options.length) this.#suggest([]);
      else if (this.#editing) this.#stopEditing("");
    } else if (key === "ArrowUp" && !this.area.value && this.actions.lastOwn()) {
      event.preventDefault();
      this.edit(this.actions.lastOwn());
    } else if (key === "Enter" && !shiftKey) {
      event.preventDefault();
      this.#submit();
    }
  }

  #typed() {
    this.#grow();
    clearTimeout(this.#timer);
    const round = ++this.#round;
    const text = this.area.value;
    const inline = `@${this.actions.botName()} `;
    if (/^\/\w*$/.test(text)) this.#showMenu(text.slice(1), round);
    else if (inline.length > 2 && text.startsWith(inline)) {
      this.#timer = setTimeout(() => this.#showResults(text.slice(inline.length), round), INLINE_MS);
    } else this.#suggest([]);
  }

  async #showMenu(start, round) {
    const menu = await this.actions.menu(this.#chat);
    if (round !== this.#round) return;
    const found = Object.entries(menu).filter(([command]) => command.startsWith(start.toLowerCase()));
    this.#suggest(found.map(([command, about]) => ({
      title: `/${command}`,
      about,
      act: () => { this.#set(""); this.actions.send(`/${command}`, this.#chat); this.area.focus(); },
    })), start ? "" : t("noMenu"));
  }

  #toggleMenu() {
    const round = ++this.#round;
    if (this.#options.length) this.#suggest([]);
    else this.#showMenu("", round);
    this.area.focus();
  }

  async #showResults(text, round) {
    const results = await this.actions.ask(text, this.#chat);
    if (round !== this.#round) return;
    this.#suggest(results.map((result, index) => ({
      title: result.title || result.text.split("\n")[0],
      about: result.description,
      act: () => { this.#set(""); this.actions.choose(index, this.#chat); this.area.focus(); },
    })), t("noResults"));
  }

  #suggest(options, nothing = "") {
    this.#options = options;
    const place = $("suggest");
    place.replaceChildren(...options.map((option, index) => {
      const element = make("div", "option");
      element.id = `option-${index}`;
      element.setAttribute("role", "option");
      element.append(make("span", "name", option.title), make("span", "value", option.about));
      element.addEventListener("mousedown", (event) => event.preventDefault());
      element.addEventListener("click", option.act);
      return element;
    }));
    place.hidden = !options.length && !nothing;
    if (!options.length && nothing) {
      const none = make("div", "option none", nothing);
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      place.append(none);
    }
    this.#choose(-1);
  }

  #choose(index) {
    this.#chosen = index;
    for (const [number, element] of [...$("suggest").children].entries()) {
      element.setAttribute("aria-selected", String(number === index));
      if (number === index) element.scrollIntoView({ block: "nearest" });
    }
    if (index >= 0) this.area.setAttribute("aria-activedescendant", `option-${index}`);
    else this.area.removeAttribute("aria-activedescendant");
  }

  #grow() {
    this.area.style.height = "auto";
    this.area.style.height = `${Math.min(this.area.scrollHeight, 160)}px`;
  }
}
