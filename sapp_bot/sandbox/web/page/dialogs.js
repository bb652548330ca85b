// Dialogs: an alert of the bot, a question of the page, a picture.

import { make } from "./text.js";
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
let last = Promise.resolve();

/** Show a text that must be closed. */
export function tell(text) {
  return inTurn(() => ask({ title: t("botName"), text, yes: t("alertOk"), only: true }));
}

/** Ask; give the fields' values, or null if the person declines. */
export function confirm(question) {
  return inTurn(() => ask(question));
}

function inTurn(work) {
  last = last.then(work, work);
  return last;
}

function ask({ title, text = "", yes, fields = [], only = false }) {
  const dialog = $("dialog");
  $("dialog-title").textContent = title;
  $("dialog-text").textContent = text;
  $("dialog-text").hidden = !text;
  $("dialog-fields").replaceChildren(...fields.map(field));
  $("dialog-yes").textContent = yes;
  $("dialog-no").textContent = t("cancel");
  $("dialog-no").hidden = only;
  dialog.returnValue = "no";
  dialog.showModal();
  (dialog.querySelector("#dialog-fields input, #dialog-fields select") ?? $("dialog-yes")).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const values = Object.fromEntries(new FormData($("dialog-form")));
      resolve(dialog.returnValue === "yes" ? values : null);
    }, { once: true });
  });
}

function field({ name, label, options, ...rest }) {
  const place = make("label", "field", label);
  const input = make(options ? "select" : "input");
  input.name = name;
  for (const [value, text] of Object.entries(options ?? {})) {
    const option = make("option", "", text);
    option.value = value;
    input.append(option);
  }
  Object.assign(input, rest);
  place.append(input);
  return place;
}

// Enter in a field means yes, though "no" stands first.
$("dialog-fields").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  $("dialog-form").requestSubmit($("dialog-yes"));
});

/** Show a picture large, with a way to save it. */
export function view(image) {
  $("viewer-image").src = $("viewer-save").href = image.src;
  $("viewer-image").alt = image.alt;
  $("viewer").showModal();
  $("viewer-close").focus();
}

$("viewer-close").addEventListener("click", () => $("viewer").close());
$("viewer").addEventListener("click", (event) => { if (event.target === $("viewer")) $("viewer").close(); });
