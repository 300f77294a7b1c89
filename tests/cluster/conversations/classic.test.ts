import "../../support/on-database.ts";

await import("../../conversations/classic.test.ts");
