/** What only moderators use. */
export { completeCommand, isOwnCommand } from "../text/commands.ts";
export { runCommand } from "./command.ts";
export { MeasureChoices, MeasureForm } from "./measure.tsx";
export { ModerationButton, ModerationDialog } from "./moderation.tsx";
