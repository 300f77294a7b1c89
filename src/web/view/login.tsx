import { LOGIN_WORDS } from "../words/login.ts";
import { Nickname } from "./nickname.tsx";
import { useStores } from "./stores.ts";

/** What the host's login means for the person at this moment, and what they can do about it. */
export function Login() {
  const { settings, room, person } = useStores();
  const words = LOGIN_WORDS[settings.words.value.locale];
  const name = person.identity.value?.name ?? null;
  const lost = room.lostNickname.value;
  if (!person.isByLogin) return <p>{words.required}</p>;
  const isIn = room.nickname.value !== null;
  if (person.refusal.value)
    return (
      <div class={isIn ? "bar" : "elsewhere"} role="alert">
        <p>{isIn ? words.over : words.refused}</p>
        <button type="button" class={isIn ? "quiet" : ""} onClick={() => person.askLogin()}>
          {words.again}
        </button>
      </div>
    );
  if (name === null) return <p role="status">{words.waiting}</p>;
  if (isIn) return <p>{words.given(<Nickname name={name} />)}</p>;
  if (!person.isAway.value && lost === null) return <p role="status">{words.waiting}</p>;
  const join = () => {
    person.isAway.value = false;
    void room.leave();
  };
  return (
    <>
      {lost && !person.isAway.value ? <p role="alert">{words.taken}</p> : null}
      <p>{words.given(<Nickname name={name} />)}</p>
      <button type="button" class="main" onClick={join}>
        {words.join(<Nickname name={name} />)}
      </button>
    </>
  );
}
