/** Addresses and networks, as options name them. */
import { BlockList, isIPv4, isIPv6 } from "node:net";
import { InvalidArgumentError } from "commander";
import { plainAddress } from "../server/addresses.ts";

/** An address, and how many of its bits count. */
interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
}

/** Checks an address such as `::1`, or a network such as `10.0.0.0/8`. @returns the text */
export function parseNetwork(text: string): string {
  networkOf(text);
  return text;
}

/** All addresses of the networks, which `parseNetwork` has read. */
export function blockListOf(networks: readonly string[]): BlockList {
  const blocked = new BlockList();
  for (const { address, bits, family } of networks.map(networkOf)) blocked.addSubnet(address, bits, family);
  return blocked;
}

function networkOf(entry: string): Network {
  const [text = "", prefix, ...rest] = entry.split("/");
  const address = plainAddress(text);
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : null;
  const longest = family === "ipv4" ? 32 : 128;
  const written = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  // The first 96 bits of an IPv4-mapped IPv6 address are its fixed prefix.
  const bits = prefix !== undefined && family === "ipv4" && isIPv6(text) ? written - 96 : written;
  if (family === null || rest.length > 0 || !(bits >= 0 && bits <= longest))
    throw new InvalidArgumentError(`${JSON.stringify(entry)} is not an address or network.`);
  return { address, bits, family };
}
