import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import type { ChatError } from "../../client/errors.ts";
import type { Chat } from "../../client/index.ts";
import { deleteMine, type Mine, mine } from "../../client/moderation.ts";
import { isKey } from "../../client/settings.ts";
import { download } from "../page/download.ts";
import { forget } from "../page/forget.ts";
import { OWN_KEY } from "../store/own.ts";
import type { PersonView } from "../store/person.ts";
import { errorOf } from "../text/failure.ts";
import { isSameNickname } from "../text/nickname-key.ts";
import { KEY_WORDS, type KeyWords } from "../words/key.ts";
import { Copied } from "./copied.tsx";
import { Nickname } from "./nickname.tsx";
import { QrCode } from "./qr-code.tsx";
import { useSaid } from "./said.tsx";
import { useStores } from "./stores.ts";

export interface PersonKeyProps {
  readonly view: PersonView;
}

/** The person's key: what it is, what the server knows of the person, and how it comes to another device. */
export function PersonKey({ view }: PersonKeyProps) {
  switch (view.kind) {
    case "own":
      return <Own />;
    case "forget":
      return <Forgetting />;
    case "key":
      return <Linked value={view.value} />;
    case "owner":
      return <Owner code={view.value} />;
    case "token":
      return null;
  }
}

function useKeyWords(): KeyWords {
  return KEY_WORDS[useStores().settings.words.value.locale];
}

function Own() {
  const { person } = useStores();
  const words = useKeyWords();
  // The key itself is no signal. It changes together with one of these.
  const isKnown = person.identity.value !== null;
  const made = useSignal(0);
  made.value;
  const hasKey = person.key !== null;
  return (
    <>
      <section>
        <p>{person.isByLogin ? words.login : words.lead}</p>
        {person.isByLogin ? null : <p>{hasKey ? words.secret : words.none}</p>}
        {person.isByLogin || hasKey ? null : (
          <button
            type="button"
            onClick={() => {
              person.makeKey();
              made.value++;
            }}
          >
            {words.make}
          </button>
        )}
      </section>
      {hasKey || isKnown ? <Identity /> : null}
      <ReservedNames />
      {person.isByLogin ? null : (
        <>
          {hasKey ? <Carry /> : null}
          <EnterKey taken={() => made.value++} />
        </>
      )}
      {hasKey || isKnown ? <Written /> : null}
      <Forget />
    </>
  );
}

/** What the server knows of the person. */
function Identity() {
  const { person } = useStores();
  const words = useKeyWords();
  const identity = person.identity.value;
  const error = person.refusal.value;
  return (
    <section>
      <h3>{words.you}</h3>
      {identity ? (
        <>
          <dl class="facts">
            <dt>{words.id}</dt>
            <dd>
              <code translate={false}>{identity.by}</code>
            </dd>
            <dt>{words.role}</dt>
            <dd>{words.roles[identity.role]}</dd>
          </dl>
          <p class="muted">{words.idNote}</p>
        </>
      ) : (
        <p class="muted">{error ? faultOf(error, words) : words.unknown}</p>
      )}
    </section>
  );
}

function ReservedNames() {
  const { room, person } = useStores();
  const words = useKeyWords();
  const { said, says } = useSaid();
  const isAsking = useSignal(false);
  const names = person.identity.value?.names ?? [];
  const nickname = room.nickname.value;
  const isFree = nickname !== null && !names.some((name) => isSameNickname(name, nickname));
  const ask = async (name: string, isOn: boolean) => {
    isAsking.value = true;
    says("");
    // Reserving is the first thing that some do.
    person.makeKey();
    const error = await errorOf(isOn ? person.chat?.reserve(name) : person.chat?.release(name));
    isAsking.value = false;
    // By now somebody else has it: the login has given it away, for example.
    if (!isOn && error?.code === "NotYourName") says(words.faults.taken, true);
    else if (error) says(faultOf(error, words), true);
    else says(isOn ? words.wasReserved(name) : words.wasReleased(name));
  };
  return (
    <section>
      <h3>{words.names}</h3>
      <p class="muted">{words.namesLead}</p>
      {names.length > 0 ? (
        <ul class="names">
          {names.map((name) => (
            <li key={name}>
              <Nickname name={name} />
              {/* The one that the login gives cannot be given up. */}
              {name === person.identity.value?.name ? null : (
                <button
                  type="button"
                  class="quiet"
                  aria-label={words.releaseName(name)}
                  disabled={isAsking.value || nickname === null}
                  onClick={() => ask(name, false)}
                >
                  {words.release}
                </button>
              )}
            </li>
          ))}
        </ul>
      ) : (
        <p>{words.namesNone}</p>
      )}
      {isFree ? (
        <button type="button" disabled={isAsking.value} onClick={() => ask(nickname, true)}>
          {words.reserve(<Nickname name={nickname} />)}
        </button>
      ) : null}
      {said}
    </section>
  );
}

/** The key for another device, hidden until it is asked for: somebody may be looking. */
function Carry() {
  const { person } = useStores();
  const words = useKeyWords();
  const isShown = useSignal(false);
  const key = person.key ?? "";
  // Behind the # no server sees it.
  const link = `${location.origin}${location.pathname}#key=${key}`;
  return (
    <section>
      <h3>{words.carry}</h3>
      <p class="muted">{words.carryLead}</p>
      <button
        type="button"
        aria-expanded={isShown.value}
        onClick={() => {
          isShown.value = !isShown.value;
        }}
      >
        {isShown.value ? words.hide : words.show}
      </button>
      {isShown.value ? (
        <>
          <p>{words.secret}</p>
          <QrCode text={link} label={words.picture} />
          <Copied label={words.code} text={key} />
          <Copied label={words.link} text={link} />
        </>
      ) : null}
    </section>
  );
}

function EnterKey({ taken }: { readonly taken: () => void }) {
  const { person, storage } = useStores();
  const words = useKeyWords();
  const field = useRef<HTMLInputElement>(null);
  const { said, says } = useSaid();
  const fault = useSignal("");
  const asked = useSignal<string | null>(null);
  const take = (key: string) => {
    asked.value = null;
    takeKey({ person, storage }, key);
    if (field.current) field.current.value = "";
    says(words.taken);
    taken();
  };
  const enter = () => {
    // A whole link is as good.
    const text = (field.current?.value ?? "").trim().replace(/^.*#key=/s, "");
    says("");
    fault.value = "";
    if (!isKey(text)) fault.value = words.enterFault;
    else if (text === person.key) says(words.same);
    else if (person.key === null) take(text);
    else asked.value = text;
  };
  return (
    <section>
      <h3>{words.enter}</h3>
      <p class="muted">{words.enterLead}</p>
      {asked.value === null ? (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            enter();
          }}
        >
          <label class="field">
            <span>{words.enterField}</span>
            <input
              ref={field}
              dir="ltr"
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
              aria-invalid={fault.value !== ""}
              aria-describedby="key-fault"
            />
          </label>
          <p id="key-fault" class="refusal" role="alert">
            {fault.value}
          </p>
          <button type="submit">{words.enterButton}</button>
        </form>
      ) : (
        <Confirm
          title={words.replace}
          text={words.replaceText}
          yes={words.replaceYes}
          no={words.replaceNo}
          onYes={() => asked.value !== null && take(asked.value)}
          onNo={() => {
            asked.value = null;
          }}
        />
      )}
      {said}
    </section>
  );
}

/** A link has brought a key along. */
function Linked({ value }: { readonly value: string }) {
  const { person, storage } = useStores();
  const words = useKeyWords();
  const close = () => {
    person.view.value = null;
  };
  if (!isKey(value)) return <p role="alert">{words.linkedFault}</p>;
  if (value === person.key) return <p role="status">{words.same}</p>;
  const hasOther = person.key !== null;
  return (
    <Confirm
      title={hasOther ? words.replace : words.linked}
      text={words.linkedText}
      more={hasOther ? words.replaceText : undefined}
      yes={hasOther ? words.replaceYes : words.linkedYes}
      no={hasOther ? words.replaceNo : words.linkedNo}
      onYes={() => {
        takeKey({ person, storage }, value);
        person.view.value = { kind: "own" };
      }}
      onNo={close}
    />
  );
}

/** A link has brought the owner's code along. */
function Owner({ code }: { readonly code: string }) {
  const { person } = useStores();
  const words = useKeyWords();
  const { said, says } = useSaid();
  const step = useSignal<"asking" | "claiming" | "owned">("asking");
  const claim = async () => {
    step.value = "claiming";
    says("");
    person.makeKey();
    const error = await errorOf(person.chat?.claim(code));
    step.value = error ? "asking" : "owned";
    if (error) says(faultOf(error, words), true);
  };
  if (step.value === "owned")
    return (
      <>
        <section role="status">
          <h3>{words.owned}</h3>
          {person.isByLogin ? null : <p>{words.ownedNote}</p>}
        </section>
        <Identity />
      </>
    );
  return (
    <section>
      <h3>{words.owner}</h3>
      <p>{words.ownerText}</p>
      {person.key === null && !person.isByLogin ? <p>{words.ownerMakes}</p> : null}
      <button type="button" class="main" disabled={step.value === "claiming"} onClick={claim}>
        {words.ownerYes}
      </button>
      {said}
    </section>
  );
}

/** What the person has written in this room: to take along, and to delete. */
function Written() {
  const { room, person } = useStores();
  const words = useKeyWords();
  const { said, says } = useSaid();
  const step = useSignal<"idle" | "asking" | "working">("idle");
  // Without a nickname there is no room yet.
  if (room.nickname.value === null) return null;
  const work = async (job: (chat: Chat) => Promise<string>) => {
    const { chat } = person;
    if (!chat) return;
    step.value = "working";
    says("");
    const error = await errorOf(job(chat).then(says));
    step.value = "idle";
    if (error) says(faultOf(error, words), true);
  };
  const save = async (chat: Chat) => {
    const messages = await allMine(chat);
    download(
      `${room.path.split("/").at(-1) || "chat"}.json`,
      "application/json",
      JSON.stringify(messages, null, 2),
    );
    return words.writtenSaved(messages.length);
  };
  return (
    <section>
      <h3>{words.written}</h3>
      <p class="muted">{words.writtenLead}</p>
      <button type="button" disabled={step.value === "working"} onClick={() => work(save)}>
        {words.writtenSave}
      </button>
      {step.value === "asking" ? (
        <Confirm
          title=""
          text={words.writtenSure}
          yes={words.writtenDelete}
          no={words.cancel}
          onYes={() => work(async (chat) => words.writtenDeleted(await deleteMine(chat)))}
          onNo={() => {
            step.value = "idle";
          }}
        />
      ) : (
        <button
          type="button"
          disabled={step.value === "working"}
          onClick={() => {
            step.value = "asking";
          }}
        >
          {words.writtenDelete}…
        </button>
      )}
      {said}
    </section>
  );
}

/** All messages of the person in this room, oldest first. */
async function allMine(chat: Chat): Promise<Mine["messages"]> {
  const all: Mine["messages"][number][] = [];
  for (;;) {
    const before = all.at(-1)?.id;
    const { messages, more } = await mine(chat, before === undefined ? {} : { before });
    all.push(...messages);
    if (!more || messages.length === 0) return all.reverse();
  }
}

function Forget() {
  const { person } = useStores();
  const words = useKeyWords();
  const isAsked = useSignal(false);
  return (
    <section>
      <h3>{words.forget}</h3>
      <p class="muted">{words.forgetLead}</p>
      {isAsked.value ? (
        <Confirm
          title=""
          text={words.forgetSure}
          yes={words.forgetYes}
          no={words.cancel}
          onYes={() => {
            person.view.value = { kind: "forget" };
          }}
          onNo={() => {
            isAsked.value = false;
          }}
        />
      ) : (
        <button
          type="button"
          onClick={() => {
            isAsked.value = true;
          }}
        >
          {words.forgetYes}…
        </button>
      )}
    </section>
  );
}

function Forgetting() {
  const { room } = useStores();
  const words = useKeyWords();
  useEffect(() => void room.leave().then(forget), []);
  return <p role="status">{words.forgetting}</p>;
}

interface ConfirmProps {
  /** Empty if there is one above already. */
  readonly title: string;
  readonly text: string;
  readonly more?: string | undefined;
  readonly yes: string;
  readonly no: string;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

/** Asks before something that cannot be undone. */
function Confirm({ title, text, more, yes, no, onYes, onNo }: ConfirmProps) {
  const section = useRef<HTMLElement>(null);
  const id = useId();
  // What asked is gone. The focus would be lost with it.
  useEffect(() => section.current?.focus(), []);
  return (
    <section ref={section} class="confirm" tabIndex={-1} aria-labelledby={id}>
      {title === "" ? null : <h3>{title}</h3>}
      <p id={id}>{text}</p>
      {more === undefined ? null : <p>{more}</p>}
      <p class="buttons">
        <button type="button" class="main" onClick={onYes}>
          {yes}
        </button>
        <button type="button" onClick={onNo}>
          {no}
        </button>
      </p>
    </section>
  );
}

/** Takes a key in place of another. What was written with that one is not own any more. */
function takeKey(
  { person, storage }: Pick<ReturnType<typeof useStores>, "person" | "storage">,
  key: string,
): void {
  if (person.key !== null) storage.setItem(OWN_KEY, "[]");
  person.setKey(key);
}

function faultOf({ code }: ChatError, { faults }: KeyWords): string {
  switch (code) {
    case "NameAlreadyUsed":
      return faults.taken;
    case "TooManyNames":
      return faults.many;
    case "NotYourName":
    case "UnknownRegister":
      return faults.notYours;
    case "UnknownPerson":
      return faults.nobody;
    case "UnknownCode":
      return faults.code;
    case "ErrorWhenReserve":
    case "ErrorWhenClaim":
    case "ErrorWhenIdentify":
      return faults.store;
    case "TooManyRequests":
      return faults.rate;
    case "UnknownType":
      return faults.old;
    case "IdentityRequired":
    case "IdentityExpired":
    case "TokenRefused":
    case "TokenFailed":
      return faults.login;
    case "Closed":
    case "Refused":
      return faults.closed;
    default:
      return faults.unknown;
  }
}
