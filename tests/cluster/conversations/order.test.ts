import "../../support/on-database.ts";

await import("../../conversations/order.test.ts");
