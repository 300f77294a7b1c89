// Appends what its input says, a JSON batch a line, and answers each with "stored" or the error's code.
import { createInterface } from "node:readline";
import { Journal } from "../../src/engine/local/journal.ts";
import { MessageRecord } from "../../src/engine/record.ts";

const journal = await Journal.open(process.argv[2] ?? "", {
  fsync: "always",
  create: true,
  timeOf: () => undefined,
});
console.log("open");
for await (const line of createInterface({ input: process.stdin })) {
  const texts: unknown = JSON.parse(line);
  if (!Array.isArray(texts)) throw new TypeError("A batch is an array of records.");
  try {
    await journal.append(texts.map((text) => MessageRecord.read(String(text))));
    console.log("stored");
  } catch (error) {
    console.log(error instanceof Error && "code" in error ? error.code : error);
  }
}
await journal.close();
