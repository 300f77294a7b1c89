import "../../support/on-database.ts";

await import("../../conversations/message-changes.test.ts");
