// Files of one's own: chosen, dropped or pasted.

import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const LONGEST_FILE = 20 * 1024 * 1024;

/** Send what is chosen, dropped or pasted into the chat that is shown; `tell` says what went wrong. */
export function takeFiles(shown, tell) {
  async function sendOne(file, more) {
    if (file.size > LONGEST_FILE) { tell(t("tooLarge")); return; }
    const { person, group } = shown();
    const query = new URLSearchParams({ person, group, name: file.name, more });
    try {
      const answer = await fetch(`upload?${query}`, { method: "POST", body: file });
      if (!answer.ok) tell(await answer.text());
    } catch { tell(t("offline")); }
  }

  // Several pictures are one album, as in an app.
  async function send(files) {
    const isAlbum = files.every((file) => /^image\/(png|jpeg)$/.test(file.type) && file.size <= LONGEST_FILE);
    for (const [at, file] of files.entries()) await sendOne(file, isAlbum ? files.length - 1 - at : 0);
  }

  $("own-file").addEventListener("change", () => { send([...$("own-file").files]).then(() => { $("own-file").value = ""; }); });
  $("chat").addEventListener("dragover", (event) => event.preventDefault());
  $("chat").addEventListener("drop", (event) => { event.preventDefault(); send([...event.dataTransfer.files]); });
  $("entry").addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    send([...event.clipboardData.files]);
  });
}
