/** Servers that share one database, each a process of its own. */
import { createDatabase, type PostgresServer } from "./postgres.ts";
import { type ChatServer, startServer } from "./server.ts";

export class Cluster implements AsyncDisposable {
  /** The URL of the database. */
  readonly url: string;
  readonly servers: readonly ChatServer[];

  private constructor(url: string, servers: readonly ChatServer[]) {
    this.url = url;
    this.servers = servers;
  }

  /** @param postgres where the database is made, instead of the one that all tests share */
  static async start(
    count: number,
    flags: readonly string[] = [],
    postgres?: PostgresServer,
  ): Promise<Cluster> {
    const url = await createDatabase(postgres);
    const env = { CHATBOX_DATABASE_URL: url };
    const servers = await Promise.all(Array.from({ length: count }, () => startServer(flags, { env })));
    return new Cluster(url, servers);
  }

  /** A server by its number, from 0 on. */
  at(number: number): ChatServer {
    const server = this.servers[number];
    if (server === undefined) throw new Error(`there is no server ${number}`);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()));
  }
}
