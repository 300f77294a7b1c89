import "../../support/on-database.ts";

await import("../../conversations/sends.test.ts");
