import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/**
 * The addresses to listen on: for a name, the first of its addresses.
 *
 * @throws an Error with `code` ENOTFOUND when a name has none
 */
export function addressesOf(hosts: readonly string[]): Promise<string[]> {
  return Promise.all(hosts.map(async (host) => (isIP(host) ? host : await addressOf(host))));
}

async function addressOf(name: string): Promise<string> {
  try {
    return (await lookup(name)).address;
  } catch (error) {
    // Resolvers have many codes for it.
    throw Object.assign(new Error(`${name} was not found`, { cause: error }), { code: "ENOTFOUND" });
  }
}
