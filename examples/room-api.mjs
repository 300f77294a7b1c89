// What the examples need of the HTTP API (docs/api.md). It runs on Node.js 20 or newer, and on Bun, without any package.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

/** The server does not silently end a stream: it sends something every 5 seconds. */
const SILENT_MS = 30_000;
const AGAIN_MS = 2_000;

/** The server does not do this, however often it is asked. `reason` is one of the protocol's words. */
export class Refused extends Error {
  constructor(status, { reason, detail }) {
    super(`${status} ${reason}: ${detail}`);
    this.reason = reason;
  }
}

export class RoomApi {
  /** @param chat such as `https://chat.example.org` @param room its name; `-` is the main room */
  constructor(chat, room, token) {
    this.root = `${chat.replace(/\/$/, "")}/api/v1`;
    this.room = `/rooms/${room}`;
    this.token = token;
  }

  /**
   * Asks until there is an answer. What has a key is done once, however often it is asked for.
   *
   * @throws Refused
   */
  async call(method, path, body, key) {
    for (;;) {
      const headers = key === undefined ? {} : { "Idempotency-Key": key };
      let waitMs = AGAIN_MS;
      try {
        const signal = AbortSignal.timeout(SILENT_MS);
        const answer = await this.fetch(path, { method, headers, signal, body: JSON.stringify(body) });
        const result = await answer.json();
        if (answer.ok) return result;
        if (isFinal(answer)) throw new Refused(answer.status, result);
        waitMs = Number(answer.headers.get("Retry-After") ?? 2) * 1000;
      } catch (error) {
        if (error instanceof Refused) throw error;
        console.error(`${error}; trying again`);
      }
      await pause(waitMs);
    }
  }

  /**
   * What happens in the room, from behind the event with this id on; for ever, over restarts of the server.
   *
   * @param lastId undefined begins now @throws Refused
   */
  async *events(lastId) {
    for (let last = lastId; ; await pause(AGAIN_MS)) {
      const abort = new AbortController();
      const alarm = setTimeout(() => abort.abort(), SILENT_MS);
      try {
        const headers = last === undefined ? {} : { "Last-Event-ID": last };
        const answer = await this.fetch(`${this.room}/events`, { headers, signal: abort.signal });
        if (isFinal(answer)) throw new Refused(answer.status, await answer.json());
        if (!answer.ok) continue;
        let text = "";
        for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
          alarm.refresh();
          const blocks = (text + piece).split("\n\n");
          text = blocks.pop();
          for (const block of blocks) {
            const field = (name) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
            if (field("data") === undefined) continue;
            last = field("id") ?? last;
            yield { kind: field("event"), data: JSON.parse(field("data")), id: last };
          }
        }
      } catch (error) {
        if (error instanceof Refused) throw error;
        console.error(`${error}; listening again`);
      } finally {
        clearTimeout(alarm);
        abort.abort();
      }
    }
  }

  fetch(path, options) {
    const headers = { ...options.headers, Authorization: `Bearer ${this.token}` };
    return fetch(this.root + path, { ...options, headers });
  }
}

/** What a program remembers. The file is whole at whatever moment the program is killed. */
export function remembered(file, atFirst) {
  const state = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : atFirst;
  const save = () => {
    writeFileSync(`${file}.new`, JSON.stringify(state), { flush: true });
    renameSync(`${file}.new`, file);
  };
  return { state, save };
}

/** Whether it makes no sense to ask again: there were not too many requests, and the server has no fault. */
function isFinal({ status }) {
  return status >= 400 && status < 500 && status !== 429;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
