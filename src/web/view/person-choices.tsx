import { PERSON_WORDS } from "../words/person.ts";
import { lazy } from "./lazy.tsx";
import { loadModerator } from "./load-moderator.ts";
import { Choice } from "./menu.tsx";
import { type Subject, useStores } from "./stores.ts";

const MeasureChoices = lazy(async () => (await loadModerator()).MeasureChoices);

interface PersonChoicesProps {
  readonly subject: Subject;
  readonly close: () => void;
}

/** What can be done about somebody else, whether one has come to the person by a message or by the roster. */
export function PersonChoices({ subject, close }: PersonChoicesProps) {
  const { settings, ignored, moderation, acting, announcer } = useStores();
  const words = PERSON_WORDS[settings.words.value.locale];
  const { name, by } = subject;
  const isIgnored = ignored.has(by);
  return (
    <>
      <Choice
        icon="report"
        text={words.report}
        onClick={() => {
          acting.value = { kind: "report", subject };
        }}
      />
      {/* Of somebody who has not written yet, the public id is not known. */}
      {by === undefined ? null : (
        <Choice
          icon="ignore"
          text={isIgnored ? words.stopIgnoring(name) : words.ignore(name)}
          onClick={() => {
            if (isIgnored) ignored.remove(by);
            else ignored.add(by, name);
            close();
            announcer.showToast(isIgnored ? words.notIgnored(name) : words.ignored(name));
          }}
        />
      )}
      {moderation.isModerator ? <MeasureChoices subject={subject} /> : null}
    </>
  );
}
