const PATHS = {
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 9c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.4a3.5 3.5 0 0 1 0 6.2M18 14.4c2.2.8 3.5 2.8 3.5 5.6",
  settings: "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.5v5M9 14.5v5",
  send: "M4 12 20 4l-5 16-3.5-6.5L4 12Zm7.5 1.5L20 4",
  down: "M12 5v14m-6-6 6 6 6-6",
  emoji: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 14.5c1.8 2.2 5.2 2.2 7 0M9 9.5v.5m6-.5v.5",
  close: "M6 6l12 12M18 6 6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  react: "M20.5 9.5a9 9 0 1 1-6-6M8.5 14.5c1.8 2.2 5.2 2.2 7 0M9 9.5v.5m6-.5v.5M19 2v6m-3-3h6",
  check: "m5 12.5 5 5L19.5 7",
  reply: "M10 6 4 12l6 6M4.5 12H14c3.5 0 6 2.5 6 6",
} as const;

export type IconName = keyof typeof PATHS;

/** An icon. The control around it must have a text or a label. */
export function Icon({ name }: { readonly name: IconName }) {
  return <Drawing path={PATHS[name]} />;
}

/** An icon by what is to be drawn. */
export function Drawing({ path }: { readonly path: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}
