/** The kinds of request, as the keys `type` or `data` name them on the wire. Each has a file of its own in `kinds/`. */
export type RequestKind =
  | "name"
  | "get"
  | "send"
  | "resume"
  | "typing"
  | "edit"
  | "delete"
  | "react"
  | "identify"
  | "reserve"
  | "claim"
  | "moderate"
  | "room"
  | "report"
  | "review"
  | "enter"
  | "mine";
