import type { ComponentChildren } from "preact";

interface Given {
  readonly id: string;
  readonly name: string;
  readonly "aria-invalid": boolean;
  readonly "aria-describedby": string;
}

interface FieldProps {
  readonly label: string;
  readonly name: string;
  /** What is said about it in any case. */
  readonly note?: string;
  readonly fault: string;
  readonly children: (given: Given) => ComponentChildren;
}

/** A field of a form with its label, and what is wrong with it. */
export function Field({ label, name, note, fault, children }: FieldProps) {
  const id = `room-${name}`;
  const given = { id, name, "aria-invalid": fault !== "", "aria-describedby": `${id}-note ${id}-fault` };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(given)}
      {note === undefined ? null : (
        <p id={`${id}-note`} class="muted">
          {note}
        </p>
      )}
      <p id={`${id}-fault`} class="refusal" role="alert">
        {fault}
      </p>
    </div>
  );
}
