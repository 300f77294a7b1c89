/** The kinds of request, as they stand under `type` or `data` on the wire. Each has a file of its own in `kinds/`. */
export type RequestKind = "name" | "get" | "send" | "resume" | "typing";
