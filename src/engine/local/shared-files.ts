import { MODERATION_FORM } from "./moderation-file.ts";
import { PEOPLE_FORM } from "./people-file.ts";
import type { FileForm } from "./shared-file.ts";
import { WEBHOOK_FORM } from "./webhook-file.ts";

/** The files that lie beside a history. All of them belong into a backup, and an upgrade may change each. */
export const SHARED_FILES: readonly FileForm[] = [PEOPLE_FORM, MODERATION_FORM, WEBHOOK_FORM];
