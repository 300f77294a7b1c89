/** fast-check with the {@link SEED} of all random tests. A failure prints the seed and the path to what failed. */
import fc from "fast-check";
import { SEED } from "./seed.ts";

fc.configureGlobal({ seed: SEED });

export default fc;
