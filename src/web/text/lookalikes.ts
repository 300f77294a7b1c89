/**
 * Which characters look alike: each line has what represents them, then the characters. This is the part of
 * src/room/confusables.ts, modified from Unicode data under the licence given there, that covers letters of the
 * Latin, Greek and Cyrillic alphabets with their marks, quotation marks, dashes, and the Arabic letters of different
 * keyboards. The whole table is too large for a page. ASCII characters are not in it: see ALIKE_IN_ASCII.
 */
export const LOOKALIKES = `
ᘯ ω
ƕ ԋ
ǝ əә
ǝ˞ ɚ
€ є
! ǃ
ɔ ͻ
' ʹʻʼʽ\u2018\u2019\u201B′‵
'' \u201C\u201D\u201F
'b ɓ
'd ɗ
'p ƥ
't ƭ
'y ƴ
ʃ σϛ
ˏ ͵
- \u2010\u2012\u2013\u2014\u2015
\u0302 \u0311
\u0303 \u0304\u0305\u030B\u0330\u0342\u034A
\u0306 \u030C\u036E
\u0306\u0307 \u0310
\u0307 \u0358
\u0309 \u0312\u0313\u0314\u033D\u033E\u0350\u0351\u0352\u0357\u0485\u0486
\u030A \u0366
\u031B \u0315
2 ƨϩ
2\u0335 ƻ
\u0322 \u0328
\u0323 \u0316\u0317\u0318\u0319\u031C\u031D\u031E\u031F\u0320\u0321\u0326\u0327\u0329\u0331\u0339\u034E\u0353
3 ȝɜʒзӡ
3\u0323 ҙ
\u0333 \u0347
\u0335 \u0336
\u0337 \u0338
6 б
8 ȣ
λ ʌл
λ\u0323 ӆ
λ\u0337 ƛ
π п
φ ɸф
ψ ѱ
? ɂʔ
ж\u0323 җ
и ͷ
и\u0323\u0300 ҋ
ч ɥϥ
ҷ ӌ
a ɑαа
ae æӕ
b ƅʙβв
b\u0303 ƃ
b\u0335 ƀѣҍ
bi ы
c с
c' ƈ
c\u0323 ҫ
c\u0337 ¢ȼ
d ԁ
d\u0303 ƌ
d\u0335 ðđɖ
ك کڪ
ى يںیے
e ɛεеҽԑ
e\u0322 ҿ
e\u0337 ɇ
f ƒϝ
g ƍɡɢԍ
g' ɠ
g\u0335 ǥ
h ʜηнһ
h\u0309 ɦ
h\u0323 ңӈӊ
h\u0335 ħћ
l ǀʟӏ
i ɩɪιі
i\u0322 ɭ
i3 ɮ
i\u0334 ɫ
i\u0335 ƚɨ
l\u0337 ł
ii ǁ
io ю
j ȷʝϳј
j\u0335 ɉ
k ĸκк
k' ƙ
k\u0323 қ
k\u0335 ҟ
n ɴν
n\u0322 ɳ
n\u0323 ŋƞɲ
o οϭо
o\u0335 ɵθѳө
o\u0337 ø
oe œɶ
p þƿρϸр
q ԛ
q\u0309 ʠ
r ʀγг
r' ґ
r\u0322 ɽ
r\u0323 ɼ
r\u0335 ɍғ
m μϻм
m\u0323 ɱӎ
s ƽѕ
s\u0322 ʂ
t τт
t\u0322 ʈ
t\u0323 ҭ
t\u0335 ŧ
u ʋ
u\u0323 џ
u\u0335 ʉ
v ѵ
w ɯшѡԝ
vv\u0309\u0487 ѽ
x ×χх
x\u0323 ҳ
y ɣʏυуү
y\u0335 ¥ɏұ
z ζ
z\u0322 ʐ
z\u0323 ȥ
z\u0335 ƶ
~b ъ
`;

/** Letters of other alphabets that are read as Latin letters among Latin letters, and as something else elsewhere. */
export const AMONG_LATIN: ReadonlyMap<string, string> = new Map(
  Object.entries({ Ь: "b", є: "e", η: "n", σ: "o", υ: "u", ν: "v", ω: "w", γ: "y" }),
);

/** ASCII characters that look alike. The letters stand for both cases, since case does not distinguish nicknames. */
export const ALIKE_IN_ASCII: ReadonlyMap<string, string> = new Map(
  Object.entries({ 0: "o", 1: "i", l: "i", "|": "i", m: "rn", w: "vv", "`": "'", '"': "''" }),
);
