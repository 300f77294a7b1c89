import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type AccessToken, createToken, revokeToken, tokens } from "../../client/access-tokens.ts";
import type { ChatError } from "../../client/errors.ts";
import { SCOPES, SCOPES_PRESET } from "../../protocol/kinds/tokens.ts";
import { CHAT_ROOT } from "../page/address.ts";
import { readTokenForm, type TokenFault } from "../store/token-form.ts";
import { errorOf } from "../text/failure.ts";
import { TOKEN_WORDS, type TokenWords } from "../words/tokens.ts";
import { Copied } from "./copied.tsx";
import { Field } from "./field.tsx";
import { useMoment } from "./moment.ts";
import { Nickname } from "./nickname.tsx";
import { faultWords, useModeratorWords } from "./order.ts";
import { useStores } from "./stores.ts";

/** A token that was just created, with what is shown of it once. */
interface Made {
  readonly token: AccessToken;
  readonly secret: string;
}

function useTokenWords(): TokenWords {
  return TOKEN_WORDS[useStores().settings.words.value.locale];
}

/** The tokens of programs, for owners. */
export function Tokens() {
  const { person } = useStores();
  const words = useTokenWords();
  const explain = useFaults();
  const list = useSignal<readonly AccessToken[] | null>(null);
  const made = useSignal<Made | null>(null);
  const fault = useSignal("");
  const load = async () => {
    const { chat } = person;
    const asked = chat
      ? tokens(chat).then((found) => {
          list.value = found;
        })
      : undefined;
    const error = await errorOf(asked);
    fault.value = error ? explain(error) : "";
  };
  useEffect(() => void load(), []);
  const take = (all: readonly AccessToken[]) => {
    list.value = all;
  };
  return (
    <>
      <p class="muted">{words.lead}</p>
      {made.value ? (
        <MadeToken
          made={made.value}
          done={() => {
            document.getElementById("tab-tokens")?.focus();
            made.value = null;
          }}
        />
      ) : null}
      <p class="refusal" role="alert">
        {fault.value}
      </p>
      {list.value === null ? (
        <p class="muted">{fault.value === "" ? words.loading : ""}</p>
      ) : list.value.length === 0 ? (
        <p class="muted">{words.none}</p>
      ) : (
        <ul class="cases" aria-label={words.list}>
          {list.value.map((token) => (
            <TokenItem key={token.id} token={token} take={take} />
          ))}
        </ul>
      )}
      <TokenForm
        created={(all, secret) => {
          take(all);
          const token = all.at(-1);
          if (token) made.value = { token, secret };
        }}
      />
    </>
  );
}

/** What is shown only once. */
function MadeToken({ made: { token, secret }, done }: { readonly made: Made; readonly done: () => void }) {
  const words = useTokenWords();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [token.id]);
  const address = `${location.origin}${CHAT_ROOT}api/v1/hooks/${secret}`;
  return (
    <section class="made-token" aria-labelledby="made-token">
      <h3 id="made-token" ref={title} tabIndex={-1}>
        {words.madeTitle(`\u2068${token.name}\u2069`)}
      </h3>
      <p>{words.once}</p>
      {token.hook ? (
        <Copied label={words.address} text={address} />
      ) : (
        <Copied label={words.secret} text={secret} />
      )}
      <p class="buttons">
        <button type="button" onClick={done}>
          {words.done}
        </button>
      </p>
    </section>
  );
}

interface TokenItemProps {
  readonly token: AccessToken;
  /** Takes the tokens that there are now. */
  readonly take: (all: readonly AccessToken[]) => void;
}

function TokenItem({ token, take }: TokenItemProps) {
  const { id, name, bot, scopes, rooms, hook, created, expires, over } = token;
  const { person, announcer } = useStores();
  const words = useTokenWords();
  const explain = useFaults();
  const moment = useMoment();
  /** Undefined before it was ever asked. */
  const isAsked = useSignal<boolean | undefined>(undefined);
  const fault = useSignal("");
  const revoke = async () => {
    const asked = person.chat ? revokeToken(person.chat, id) : undefined;
    const error = await errorOf(asked);
    if (error) fault.value = explain(error);
    else {
      announcer.showToast(words.revoked);
      // What had the focus goes.
      document.getElementById("tab-tokens")?.focus();
      take((await asked) ?? []);
    }
  };
  const roomText = rooms?.map((room) => (room === "/" ? words.mainRoom : room)).join(", ");
  return (
    <li class={over ? "over" : undefined}>
      <p>
        <b>
          <Nickname name={name} />
        </b>{" "}
        {bot === name ? null : <span>{words.writesAs(<Nickname name={bot} />)}</span>}
      </p>
      <p class="muted">
        {[
          hook ? words.hook : scopes.join(", "),
          roomText ?? words.allRooms,
          words.created(moment(created)),
          over ? words.over : expires === undefined ? "" : words.ends(moment(expires)),
        ]
          .filter((each) => each !== "")
          .join(" · ")}
      </p>
      {isAsked.value ? (
        <fieldset class="scope" aria-label={words.revokeWhat(name)}>
          <p>{words.revokeAsk}</p>
          <p class="buttons">
            <button type="button" class="main" onClick={revoke} ref={focusAtOnce}>
              {words.revokeIt}
            </button>
            <button
              type="button"
              onClick={() => {
                isAsked.value = false;
              }}
            >
              {words.cancel}
            </button>
          </p>
        </fieldset>
      ) : (
        <p class="buttons">
          <button
            type="button"
            aria-label={words.revokeWhat(name)}
            // It was cancelled.
            ref={isAsked.value === false ? focusAtOnce : null}
            onClick={() => {
              isAsked.value = true;
            }}
          >
            {words.revoke}
          </button>
        </p>
      )}
      <p class="refusal" role="alert">
        {fault.value}
      </p>
    </li>
  );
}

function focusAtOnce(button: HTMLButtonElement | null): void {
  button?.focus();
}

interface TokenFormProps {
  readonly created: (all: readonly AccessToken[], secret: string) => void;
}

function TokenForm({ created }: TokenFormProps) {
  const { person } = useStores();
  const words = useTokenWords();
  const explain = useFaults();
  const form = useRef<HTMLFormElement>(null);
  const wrong = useSignal<TokenFault | null>(null);
  const fault = useSignal("");
  const isHook = useSignal(false);
  const isAsking = useSignal(false);
  const create = async () => {
    if (!form.current || !person.chat || isAsking.value) return;
    const read = readTokenForm(new FormData(form.current));
    wrong.value = "fault" in read ? read : null;
    fault.value = "";
    if ("fault" in read) {
      const name = read.field === "scopes" ? "scope" : read.field;
      form.current.querySelector<HTMLElement>(`[name="${name}"]`)?.focus();
      return;
    }
    isAsking.value = true;
    const asked = createToken(person.chat, read);
    const error = await errorOf(asked);
    isAsking.value = false;
    if (error) {
      fault.value = explain(error);
      return;
    }
    form.current.reset();
    isHook.value = false;
    const { tokens: all, secret } = await asked;
    created(all, secret);
  };
  const faultAt = (field: TokenFault["field"]) =>
    wrong.value?.field === field ? words.fault(wrong.value) : "";
  return (
    <form
      ref={form}
      class="room-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <h3>{words.create}</h3>
      <Field label={words.name} name="name" fault={faultAt("name")}>
        {(given) => <input {...given} dir="auto" autocomplete="off" required />}
      </Field>
      <Field label={words.bot} name="bot" note={words.botNote} fault={faultAt("bot")}>
        {(given) => <input {...given} dir="auto" autocomplete="off" />}
      </Field>
      <label class="field">
        <span>{words.use}</span>
        <select
          name="use"
          onChange={({ currentTarget }) => {
            isHook.value = currentTarget.value === "hook";
          }}
        >
          {(["program", "hook"] as const).map((use) => (
            <option key={use} value={use} selected={isHook.value === (use === "hook")}>
              {words.uses[use]}
            </option>
          ))}
        </select>
      </label>
      <Field label={words.rooms} name="rooms" note={words.roomsNote} fault={faultAt("rooms")}>
        {(given) => <input {...given} dir="ltr" autocomplete="off" autocapitalize="off" spellcheck={false} />}
      </Field>
      {isHook.value ? null : (
        <fieldset class="scope" aria-describedby="scopes-fault">
          <legend>{words.scopes}</legend>
          {SCOPES.map((scope) => (
            <label key={scope} class="check">
              <input
                type="checkbox"
                name="scope"
                value={scope}
                defaultChecked={SCOPES_PRESET.includes(scope)}
              />
              <span>{words.scope[scope]}</span>
            </label>
          ))}
          <p id="scopes-fault" class="refusal" role="alert">
            {faultAt("scopes")}
          </p>
        </fieldset>
      )}
      <Field label={words.days} name="days" note={words.daysNote} fault={faultAt("days")}>
        {(given) => <input {...given} inputMode="numeric" autocomplete="off" />}
      </Field>
      <p class="refusal" role="alert">
        {fault.value}
      </p>
      <button type="submit" class="main" disabled={isAsking.value}>
        {words.createIt}
      </button>
    </form>
  );
}

/** @returns what explains to an owner why something failed */
function useFaults(): (error: ChatError) => string {
  const { faults } = useTokenWords();
  const words = useModeratorWords();
  return (error) => {
    switch (error.code) {
      case "NameAlreadyUsed":
        return faults.taken;
      case "TooManyTokens":
        return faults.many;
      case "UnknownToken":
        return faults.unknown;
      case "Uncertain":
        return faults.uncertain;
      default:
        return faultWords(error, words);
    }
  };
}
