import "../../support/on-database.ts";

await import("../../conversations/webhooks.test.ts");
