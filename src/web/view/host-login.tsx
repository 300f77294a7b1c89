import { lazy } from "./lazy.tsx";

/** What the host's login means for the person here. It is loaded where a site has one. */
export const HostLogin = lazy(async () => (await import("./login.tsx")).Login);
