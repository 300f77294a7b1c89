import "../../support/on-database.ts";

await import("../../conversations/durability.test.ts");
