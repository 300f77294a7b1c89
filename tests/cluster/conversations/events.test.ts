import "../../support/on-database.ts";

await import("../../conversations/events.test.ts");
