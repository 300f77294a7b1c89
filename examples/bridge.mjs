// A bridge between two rooms, of one chat or of two: what people write in one is written in the other, with their nickname.
// Edits, deletions and replies are carried over as well.
//
//   npm start -- token create Bridge --scope read,post,edit      (for each of the two chats)
//   TOKEN_A=cbt_… TOKEN_B=cbt_… node examples/bridge.mjs bridge.json https://a.example.org tea https://b.example.org -
//
// What programs write is not carried over. So nothing goes round in circles, also where two bridges meet.
//
// Each message is carried over once, also if this or a server is killed at any moment: what was read is recorded after it was
// written on the other side, with a key by which a repeat within ten minutes is recognised.
import { Refused, RoomApi, remembered } from "./room-api.mjs";

/** How many messages can still be edited, deleted and replied to on the other side. */
const COPIES_MOST = 1_000;

const [file = "bridge.json", chatA = "", roomA = "-", chatB = "", roomB = "-"] = process.argv.slice(2);
const ends = [new RoomApi(chatA, roomA, process.env.TOKEN_A), new RoomApi(chatB, roomB, process.env.TOKEN_B)];
/** `copies` has the ids on the other side of what was written on this side, and the authors' nicknames. */
const { state, save } = remembered(file, [
  { lastId: undefined, copies: [] },
  { lastId: undefined, copies: [] },
]);

await Promise.all([carry(0), carry(1)]);

async function carry(here) {
  const side = state[here];
  /** The public ids of the programs that write in the room, this one included. */
  const bots = new Set();
  for await (const { kind, data, id } of ends[here].events(side.lastId)) {
    if (kind === "page") {
      for (const { by, bot } of Object.values(data.marks ?? {})) if (bot) bots.add(by);
      // A backup was restored: the ids mean other messages now, and what the page has was carried over.
      if (data.reset) side.copies = [];
      else for (const message of data.message) await copy(message);
      for (const message of data.changed ?? []) await change(message.id, message);
    }
    if (data.mark?.bot) bots.add(data.mark.by);
    if (kind === "message") await copy(data);
    // What a moderator removes here goes there as well, but nobody edits for others.
    if (kind === "edit" || kind === "delete") await change(data.of, { ...data, deleted: kind === "delete" });
    side.lastId = id;
    save();
  }

  async function copy({ id, by, name, content, reply, deleted }) {
    if (bots.has(by) || deleted) return;
    const body = { content: textOf(name, content), ...(reply && { reply: idThere(reply) }) };
    const made = await ask("POST", "/messages", body, `bridge-${here}-${id}`);
    // One that waits for a moderator there has no id.
    if (made?.id) side.copies = [...side.copies, { here: id, there: made.id, name }].slice(-COPIES_MOST);
  }

  async function change(id, { content, deleted }) {
    const found = side.copies.find((each) => each.here === id);
    if (!found) return;
    const path = `/messages/${found.there}`;
    if (deleted) await ask("DELETE", path);
    else await ask("PATCH", path, { content: textOf(found.name, content) });
  }

  /** The id there of a message here, wherever it was written first. */
  function idThere(id) {
    const own = side.copies.find((each) => each.here === id)?.there;
    return own ?? state[1 - here].copies.find((each) => each.there === id)?.here;
  }

  /** Resolves to undefined if the server there does not want it. */
  async function ask(method, path, body, key) {
    const there = ends[1 - here];
    try {
      return await there.call(method, `${there.room}${path}`, body, key);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      console.error(`${method} ${path}: ${error.message}`);
    }
  }
}

/** As it is shown on the other side: at most 4,000 characters. */
function textOf(name, content) {
  return [...`${name}: ${content}`].slice(0, 4_000).join("");
}
