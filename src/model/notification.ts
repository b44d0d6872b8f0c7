// What people are told without being asked: that something needs them, and that it is over. A trouble lasts; news of it is that it began
// or ended, once each.

/** Whom a channel is for is said in these words in its settings. */
export const TROUBLE_KINDS = ['failure', 'approval', 'drift', 'certificate', 'host', 'orphan'] as const;
export type TroubleKind = (typeof TROUBLE_KINDS)[number];

export interface Trouble {
  readonly kind: TroubleKind;
  /** What it is about, the same for as long as it lasts: `lxc/101`, `run 12 lxc/101`, `pve`. */
  readonly subject: string;
  /** One line, such as `lxc/101 failed`. */
  readonly what: string;
  /** Why, and what to do after the last `; `; null where there is nothing to say. */
  readonly why: string | null;
  /** Path of the page that shows it. */
  readonly page: string | null;
  /** ISO 8601. */
  readonly since: string;
}

/** A trouble began or ended. */
export interface News {
  readonly trouble: Trouble;
  readonly change: 'began' | 'ended';
  /** ISO 8601. */
  readonly at: string;
}

/** What one message to a channel says. All of it is text, on one line each. */
export interface Message {
  /** The same when it is sent again: a receiver that looks at it shows it once. */
  readonly id: string;
  readonly title: string;
  readonly lines: readonly string[];
  /** Something of it needs a person. */
  readonly isUrgent: boolean;
  /** Where it is shown; null when no public URL is set. */
  readonly url: string | null;
  /** The same as data, for programs. */
  readonly news: readonly News[];
}

/** Tells two troubles apart. */
export function troubleKey({ kind, subject }: Pick<Trouble, 'kind' | 'subject'>): string {
  return `${kind} ${subject}`;
}
