// A bot that reminds: somebody writes `/remind 20m the tea is ready`, and gets that as a reply 20 minutes later. Whoever deletes
// the message is not reminded.
//
//   npm start -- token create Reminder --scope read,post
//   TOKEN=cbt_… node examples/reminder.mjs http://127.0.0.1:5000 - reminder.json
//
// Everybody is reminded once, also if this or the server is killed at any moment. Each reminder is a reply to the message that
// asked for it. So the bot knows which ones it has given when it has read what happened while it was away, its own messages
// included; and a reminder that is on its way twice has the same key both times.
import { Refused, RoomApi, remembered } from "./room-api.mjs";

const ASKED = /^\/remind (\d{1,4})([smhd]) (\S.*)$/s;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_MS = 30 * UNIT_MS.d;
/** What strangers ask for must not fill the file. */
const REMINDERS_MOST = 1_000;

const [chat = "http://127.0.0.1:5000", room = "-", file = "reminder.json"] = process.argv.slice(2);
const api = new RoomApi(chat, room, process.env.TOKEN);
/** The reminders are there under the ids of the messages that asked for them. */
const { state, save } = remembered(file, { lastId: undefined, reminders: {} });
const onTheirWay = new Set();

const { by: me } = await api.call("PUT", "/commands", {
  commands: [{ name: "remind", about: "Reminds you: /remind 20m the tea is ready (s, m, h or d)" }],
});

let isUpToDate = false;
setInterval(() => {
  // Before that, some of them may have been given already.
  if (!isUpToDate) return;
  for (const [id, { at }] of Object.entries(state.reminders)) if (at <= Date.now()) void give(id);
}, 500);

for await (const { kind, data, id } of api.events(state.lastId)) {
  if (kind === "page") {
    // A backup was restored: the ids mean other messages now.
    if (data.reset) state.reminders = {};
    for (const message of [...data.message, ...(data.changed ?? [])]) take(message);
    isUpToDate ||= !data.more;
  }
  if (kind === "message") take(data);
  if (kind === "delete") delete state.reminders[data.of];
  state.lastId = id;
  save();
}

function take({ id, by, name, content, time, reply, deleted }) {
  if (by === me) delete state.reminders[reply];
  if (deleted) delete state.reminders[id];
  const [, count, unit, text] = ASKED.exec(content) ?? [];
  const delayMs = Number(count) * UNIT_MS[unit];
  const isFull = Object.keys(state.reminders).length >= REMINDERS_MOST;
  if (by === me || deleted || !(delayMs <= LONGEST_MS) || isFull || id in state.reminders) return;
  state.reminders[id] = { at: time + delayMs, text: `${name}, ${text}` };
  // To show that it was understood. It is the same however often it is done.
  ask("PUT", `/messages/${id}/reactions/${encodeURIComponent("⏰")}`);
}

async function give(id) {
  if (onTheirWay.has(id)) return;
  onTheirWay.add(id);
  const content = [...state.reminders[id].text].slice(0, 4_000).join("");
  const isGiven = await ask("POST", "/messages", { content, reply: Number(id) }, `remind-${id}`);
  // Otherwise it goes when the bot hears itself.
  if (!isGiven) delete state.reminders[id];
}

/** Resolves to false if the server does not want it. */
async function ask(method, path, body, key) {
  try {
    await api.call(method, `${api.room}${path}`, body, key);
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.error(`${method} ${path}: ${error.message}`);
    return false;
  }
}
