import { expect, test } from "bun:test";
import { accentOf, accentVariables } from "../../src/protocol/accent.ts";

test("a colour that is legible stays as it is in the light look", () => {
  expect(accentOf("#0b6e69")?.light.accent).toBe("#0b6e69");
  expect(accentOf("#06c")?.light).toMatchObject({ on: "#ffffff" });
});

test("a pale colour becomes darker in the light look, a deep one lighter in the dark look", () => {
  const pale = accentOf("#ffee00");
  expect(pale?.light.accent).not.toBe("#ffee00");
  expect(pale?.dark).toMatchObject({ accent: "#ffee00", on: "#101214" });
  expect(accentOf("#000080")?.dark.accent).not.toBe("#000080");
});

test("whatever is no colour changes nothing", () => {
  for (const text of ["", "red", "#12", "#1234567", "url(x)", "#0b6e69;x"])
    expect(accentVariables(text)).toEqual({});
});
