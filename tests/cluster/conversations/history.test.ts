import "../../support/on-database.ts";

await import("../../conversations/history.test.ts");
