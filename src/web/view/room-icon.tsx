import { Drawing } from "./icon.tsx";

const PATHS = {
  send: "M4 12 20 4l-5 16-3.5-6.5L4 12Zm7.5 1.5L20 4",
  down: "M12 5v14m-6-6 6 6 6-6",
  date: "M4 6h16v14H4zM4 10.5h16M8 3.5V8m8-4.5V8M8 15h3",
  emoji: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 14.5c1.8 2.2 5.2 2.2 7 0M9 9.5v.5m6-.5v.5",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  react: "M20.5 9.5a9 9 0 1 1-6-6M8.5 14.5c1.8 2.2 5.2 2.2 7 0M9 9.5v.5m6-.5v.5M19 2v6m-3-3h6",
  check: "m5 12.5 5 5L19.5 7",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  reply: "M10 6 4 12l6 6M4.5 12H14c3.5 0 6 2.5 6 6",
} as const;

/** An icon that is only seen in a room. The control around it must have a text or a label. */
export function RoomIcon({ name }: { readonly name: keyof typeof PATHS }) {
  return <Drawing path={PATHS[name]} />;
}
