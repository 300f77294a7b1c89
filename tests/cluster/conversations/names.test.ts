import "../../support/on-database.ts";

await import("../../conversations/names.test.ts");
