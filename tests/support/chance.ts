/** fast-check with one seed for all normal runs, so that they are all alike. `CHAT_SEED=7` has another one. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.CHAT_SEED ?? 1) });

export default fc;
