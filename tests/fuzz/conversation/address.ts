/** Addresses from which people come. Some are in one network, and an IPv6 address counts as its /64. */
export const PLACES = [
  "10.1.1.1",
  "10.1.1.2",
  "10.1.2.1",
  "10.2.1.1",
  "2001:db8:1:0201::7",
  "2001:db8:1:0201:ffff::7",
  "2001:db8:1:0202::7",
] as const;

export type Place = (typeof PLACES)[number];

/** What counts as one address, and the networks around it: of IPv4 /24 and /16, of IPv6 /56 and /48. */
export function networksOf(address: Place): readonly [address: string, network: string, wide: string] {
  if (!address.includes(":")) {
    const [a, b, c] = address.split(".");
    return [address, `${a}.${b}.${c}`, `${a}.${b}`];
  }
  const [a, b, c, d = ""] = address.split(":");
  return [`${a}:${b}:${c}:${d}`, `${a}:${b}:${c}:${d.slice(0, 2)}`, `${a}:${b}:${c}`];
}
