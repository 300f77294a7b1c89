import { InvalidArgumentError } from "commander";
import { isPersonId } from "../engine/people.ts";
import { networksOf } from "../server/addresses.ts";

/** Whom a command concerns: a person, a network (see {@link networksOf}), or the last one who wrote under a nickname. */
export type Whom =
  | { readonly kind: "person"; readonly person: string }
  | { readonly kind: "network"; readonly network: string }
  | { readonly kind: "name"; readonly name: string };

const NAME = "name:";

/** Reads a public id, an address, a network such as `203.0.113.0/24`, or `name:NICKNAME`. */
export function parseWhom(text: string): Whom {
  if (text.startsWith(NAME) && text.length > NAME.length)
    return { kind: "name", name: text.slice(NAME.length) };
  if (isPersonId(text)) return { kind: "person", person: text };
  const [address = "", ...width] = text.split("/");
  const networks = networksOf(address);
  if (networks.length === 0) {
    throw new InvalidArgumentError(
      "It must be the id of a person, an address or network such as 203.0.113.0/24, or name: and a nickname.",
    );
  }
  const network =
    width.length === 0 ? networks[0] : networks.find((each) => each.endsWith(`/${width.join("/")}`));
  if (network === undefined) {
    const widths = networks.map((each) => each.slice(each.indexOf("/")));
    throw new InvalidArgumentError(`A network here has one of the widths ${widths.join(", ")}.`);
  }
  return { kind: "network", network };
}
