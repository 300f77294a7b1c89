import { COMMANDS } from "../text/commands.ts";
import { useModeratorWords } from "./order.ts";

/** What moderators can write to the page. */
export function Help() {
  const words = useModeratorWords();
  return (
    <>
      <p>{words.helpLead}</p>
      <dl class="commands">
        {Object.entries(COMMANDS).map(([kind, after]) => (
          <div key={kind}>
            <dt>
              <code translate={false}>{`/${kind} ${after}`}</code>
            </dt>
            <dd>{words.commandHelp[kind as keyof typeof COMMANDS]}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
