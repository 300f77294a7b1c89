/** What somebody sees of a room before joining, as `?glance` has it. */

/** The most names, messages, and characters of each message. */
export const GLANCE_PEOPLE_MAX = 5;
export const GLANCE_MESSAGES_MAX = 3;
export const GLANCE_CONTENT_MAX = 200;

export interface Glance {
  /** How many have a nickname there, over all servers. */
  online: number;
  /** The nicknames of some of them, those who came first. */
  people: readonly string[];
  /** The newest messages, oldest first. */
  messages: readonly GlancedMessage[];
}

export interface GlancedMessage {
  name: string;
  /** The beginning of the content. */
  content: string;
}
