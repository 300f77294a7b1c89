/** The contents of the benchmark's messages: varied, in two languages, and the same in every run. */

const WORDS = (
  "the a to and of in is it you that was for on are with as be at one have this from or had by hot but some what " +
  "there we can out other were all your when up use word how said an each she which do their time if will way about " +
  "many then them would write like so these her long make thing see him two has look more day could go come did my " +
  "sound no most number who over know water than call first people may down side been now find work part take get " +
  "place made live where after back little only round man year came show every good me give our under name very " +
  "chào bạn không được rồi mình đi ăn phở nhé hôm nay trời đẹp quá cảm ơn nhiều tối mai gặp lại ở đâu vậy " +
  "meeting server deploy review tomorrow coffee lunch https://example.org/issues/1482 ok thanks maybe later 👍 😂 🎉 🍜"
).split(" ");

const SEED = 20_261;
const FEWEST_WORDS = 3;
const MOST_WORDS = 36;

/**
 * Contents of about 100 bytes on average, between about 10 and 220.
 *
 * @param count how many different ones there are
 */
export function contents(count: number): string[] {
  const random = mulberry32(SEED);
  return Array.from({ length: count }, () => {
    const length = FEWEST_WORDS + Math.floor(random() * (MOST_WORDS - FEWEST_WORDS + 1));
    return Array.from({ length }, () => WORDS[Math.floor(random() * WORDS.length)]).join(" ");
  });
}

/** Numbers from 0 up to, but not including, 1, determined by the seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
