import "../../support/on-database.ts";

await import("../../conversations/v3-sessions.test.ts");
