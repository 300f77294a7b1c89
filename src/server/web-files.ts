import { join } from "node:path";
import type { ClientFile } from "./content-names.ts";
import { buildClient, buildEmbedScript, buildServiceWorker, WEB_FOLDER } from "./web-build.ts";

/** All that the pages consist of, before the operator's choices are put in. */
export interface WebFiles {
  readonly client: readonly ClientFile[];
  /** The script for host sites. */
  readonly embedScript: Uint8Array<ArrayBuffer>;
  readonly serviceWorker: Uint8Array<ArrayBuffer>;
  /** PNG pictures by their names. */
  readonly icons: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

const ICONS = ["icon-192.png", "icon-512.png", "icon-maskable.png"];

/**
 * Builds the web client from its sources. In an executable this module is replaced by one that has the files in it
 * (`scripts/executable.ts`).
 *
 * @throws AggregateError when the sources do not build
 */
export async function webFiles(): Promise<WebFiles> {
  const [client, embedScript, serviceWorker, icons] = await Promise.all([
    buildClient(),
    buildEmbedScript(),
    buildServiceWorker(),
    Promise.all(
      ICONS.map(async (name) => [name, await Bun.file(join(WEB_FOLDER, "icons", name)).bytes()] as const),
    ),
  ]);
  return { client, embedScript, serviceWorker, icons: new Map(icons) };
}
