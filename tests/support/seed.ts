const { CHAT_SEED = "1" } = process.env;

/**
 * What random tests draw from: one seed in all normal runs, so that they are all alike, and another with `CHAT_SEED=7`. A
 * test that does not show it when it fails, as those of fast-check do, has it in its name.
 */
export const SEED = Number(CHAT_SEED);

if (!Number.isSafeInteger(SEED) || SEED < 0) {
  throw new Error(`CHAT_SEED must be a whole number, and not ${CHAT_SEED}.`);
}
