/** `leave`: an event that no request causes. A registered client is gone. */
import { encode, type FrameText } from "../encode.ts";

export interface LeaveEvent {
  type: "receive";
  datatype: "leave";
  name: string;
  timestamp: string;
}

export function leaveEvent(name: string, timestamp: string): FrameText<LeaveEvent> {
  return encode<LeaveEvent>({ type: "receive", datatype: "leave", name, timestamp });
}
