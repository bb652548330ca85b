// The author's panel: plugins, faults, troubles, the API's calls.

import { make } from "./text.js";
import { t } from "./words.js";

export function showPanel(panel, turn, run) {
  fill("plugins", panel.plugins, "noCalls", (plugin) => {
    const item = make("li", `plugin ${plugin.state === "ready" ? "good" : "bad"}`);
    item.append(make("span", "name", plugin.name), make("span", "value", t(`state-${plugin.state}`)));
    if (plugin.reason) item.append(make("p", "reason", plugin.reason));
    return item;
  });
  fill("timers", panel.plugins.flatMap((plugin) => plugin.timers), "noTimers", (name) => {
    const item = make("li", "timer");
    const button = make("button", "", t("now"));
    button.type = "button";
    button.setAttribute("aria-label", `${t("now")}: ${name}`);
    button.addEventListener("click", () => run(name));
    item.append(make("span", "name", name), button);
    return item;
  });
  fill("troubles", panel.troubles, "noTroubles", trouble);
  fill("calls", panel.calls, "noCalls", (call) => {
    const item = make("li", call.status !== null && call.status < 400 ? "call good" : "call bad");
    item.append(make("span", "name", call.name), make("span", "value", `${call.status ?? "–"} · ${call.ms ?? "…"} ms`));
    return item;
  });
  showSwitches(panel.switches, turn);
}

function fill(id, values, nothing, build) {
  const place = document.getElementById(id);
  const open = new Set([...place.querySelectorAll("details[open]")].map((one) => one.dataset.key));
  place.replaceChildren(...(values.length ? values.map(build) : [make("li", "none", t(nothing))]));
  for (const one of place.querySelectorAll("details")) one.open = open.has(one.dataset.key);
}

function trouble(one) {
  const item = make("li", `trouble ${one.level}`);
  const head = [make("span", "name", one.event), make("p", "reason", one.reason)];
  if (one.where) head.push(make("p", "where", one.where));
  if (!one.trace) { item.append(...head); return item; }
  const details = make("details");
  details.dataset.key = one.at;
  const summary = make("summary");
  summary.append(...head);
  details.append(summary, make("pre", "", one.trace));
  item.append(details);
  return item;
}

function showSwitches(switches, turn) {
  const place = document.getElementById("switches");
  if (place.children.length !== switches.length) {
    place.replaceChildren(...switches.map((one) => {
      const item = make("li");
      const label = make("label");
      const box = make("input");
      box.type = "checkbox";
      box.setAttribute("role", "switch");
      box.dataset.name = one.name;
      box.addEventListener("change", () => turn(one.name, box.checked));
      label.append(make("span", "name"), box);
      item.append(label);
      return item;
    }));
  }
  for (const [index, one] of switches.entries()) {
    const label = place.children[index].firstChild;
    label.title = one.about;
    label.firstChild.textContent = t(`fault-${one.name}`);
    label.lastChild.checked = one.on;
  }
}
