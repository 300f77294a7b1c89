import { basename } from "node:path";
import { ownCommand } from "./own-command.ts";

/** How people start this program, in sentences for them: an executable needs nothing to run it. */
export const PROGRAM = ownCommand().length === 1 ? basename(process.execPath) : "npm start --";
