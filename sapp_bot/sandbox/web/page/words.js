// The page's own words, in both languages. What the bot says comes from the bot.

export const WORDS = {
  en: {
    address: "Address", alertOk: "OK", attach: "Send a picture, a sticker or a file", author: "For authors",
    balance: "You have {stars} Stars.", bot: "Bot", botEnded: "ended, exit code {code}",
    botName: "bot", botRunning: "running", botStarting: "starting…", calls: "Calls of the API",
    cancel: "Cancel", chargeback: "Charge back the last payment", chargedBack: "The last payment is charged back", chats: "Chats", choice: "What is sent?",
    close: "Close", copied: "Copied", copyFailed: "Copying is not allowed here",
    deleteMessage: "Delete", download: "Download {name}", edit: "Edit", edited: "edited",
    editing: "Editing", faults: "Faults", group: "Group (empty: a private chat)", groupOf: "{person} in {group}",
    invoice: "Invoice", language: "Language of this person's Telegram", lost: "The sandbox ended. Start it again.",
    madeUp: "the rates are made up", menu: "Commands", message: "Message", messages: "Messages", money: "Stars",
    newChat: "New chat", noCalls: "none yet", noMenu: "The bot has no commands here.", noResults: "Nothing found.",
    api: "API", email: "E-mail of the account", isAdmin: "{email} is an administrator now", makeAdmin: "Make an account an administrator", noTimers: "none", noTroubles: "none", now: "Now", ownFile: "A file of your own…", timers: "Timers", timerAsked: "{name} runs; the operator's chat says what came of it", tooLarge: "This file is too large: 20 MB at most", nothing: "Say something: 100 usd to eur", offline: "connecting…", open: "Open",
    pay: "Pay", payFor: "Pay {stars} Stars for “{title}”?", person: "Name", photo: "Picture",
    picture: "Picture", plugins: "Plugins", privateChat: "private chat", replyTo: "Reply to: {text}",
    restart: "Restart", save: "Save", send: "Send", spoiler: "Hidden text, press to show", stars: "Telegram Stars: give more",
    starsGive: "Give more Stars", starsPaid: "{stars} Stars paid", starsReturned: "{stars} Stars returned",
    sticker: "Sticker", suggestions: "Suggestions", troubles: "Troubles", typing: "typing…",
    "state-failed": "failed", "state-not ready": "not ready", "state-old version answers": "failed; the old version answers",
    "state-quarantined": "resting", "state-ready": "ready",
    "fault-api-database": "API: database away", "fault-api-down": "API: down", "fault-api-slow": "API: 3 s slower",
    "fault-api-source": "API: source of rates broken", "fault-redis-down": "Redis: down",
    "fault-redis-frozen": "Redis: frozen", "fault-redis-emptied": "Redis: emptied", "fault-telegram-cut": "Telegram: cuts the bot off",
    "fault-telegram-flood": "Telegram: “wait 5 s”", "fault-telegram-slow": "Telegram: 3 s slower",
  },
  ru: {
    address: "Адрес", alertOk: "Понятно", attach: "Отправить картинку, стикер или файл", author: "Для авторов",
    balance: "У вас звёзд: {stars}.", bot: "Бот", botEnded: "завершился, код {code}",
    botName: "бот", botRunning: "работает", botStarting: "запускается…", calls: "Вызовы API",
    cancel: "Отмена", chargeback: "Отозвать последний платёж", chargedBack: "Последний платёж отозван", chats: "Чаты", choice: "Что отправить?",
    close: "Закрыть", copied: "Скопировано", copyFailed: "Копировать здесь нельзя",
    deleteMessage: "Удалить", download: "Скачать {name}", edit: "Изменить", edited: "изменено",
    editing: "Изменение", faults: "Неполадки", group: "Группа (пусто: личный чат)", groupOf: "{person} в группе {group}",
    invoice: "Счёт", language: "Язык Telegram этого человека", lost: "Песочница завершилась. Запустите её снова.",
    madeUp: "курсы вымышлены", menu: "Команды", message: "Сообщение", messages: "Сообщения", money: "Звёзды",
    newChat: "Новый чат", noCalls: "пока нет", noMenu: "Здесь у бота нет команд.", noResults: "Ничего не найдено.",
    api: "API", email: "Электронная почта учётной записи", isAdmin: "{email} теперь администратор", makeAdmin: "Сделать учётную запись администратором", noTimers: "нет", noTroubles: "нет", now: "Сейчас", ownFile: "Свой файл…", timers: "Таймеры", timerAsked: "{name} запущен; что вышло, сказано в чате оператора", tooLarge: "Файл слишком велик: не больше 20 МБ", nothing: "Напишите что-нибудь: 100 usd to eur", offline: "соединение…", open: "Открыть",
    pay: "Оплатить", payFor: "Оплатить «{title}», звёзд: {stars}?", person: "Имя", photo: "Картинка",
    picture: "Картинка", plugins: "Плагины", privateChat: "личный чат", replyTo: "Ответ на: {text}",
    restart: "Перезапустить", save: "Сохранить", send: "Отправить", spoiler: "Скрытый текст, нажмите, чтобы показать", stars: "Звёзды Telegram: добавить",
    starsGive: "Сколько звёзд добавить", starsPaid: "Оплачено звёзд: {stars}", starsReturned: "Возвращено звёзд: {stars}",
    sticker: "Стикер", suggestions: "Подсказки", troubles: "Ошибки", typing: "печатает…",
    "state-failed": "сломан", "state-not ready": "не готов", "state-old version answers": "сломан; отвечает старая версия",
    "state-quarantined": "отдыхает", "state-ready": "готов",
    "fault-api-database": "API: база недоступна", "fault-api-down": "API: не отвечает", "fault-api-slow": "API: на 3 с медленнее",
    "fault-api-source": "API: источник курсов сломан", "fault-redis-down": "Redis: не отвечает",
    "fault-redis-frozen": "Redis: завис", "fault-redis-emptied": "Redis: опустошён", "fault-telegram-cut": "Telegram: рвёт связь с ботом",
    "fault-telegram-flood": "Telegram: «подождите 5 с»", "fault-telegram-slow": "Telegram: на 3 с медленнее",
  },
};

let language = "en";

export function speak(code) {
  language = code.split("-")[0] === "ru" ? "ru" : "en";
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = t(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    if (element.matches("button, select")) element.title = t(element.dataset.label);
  }
}

export function t(key, values = {}) {
  const text = WORDS[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
