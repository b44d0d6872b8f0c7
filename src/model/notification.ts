// Notifications: that something needs a person, and that it is over. A trouble has a duration; its news are its begin and its end, once each.

/** A channel's settings filter by these kinds. */
export const TROUBLE_KINDS = ['failure', 'approval', 'drift', 'certificate', 'host', 'orphan', 'fault'] as const;
export type TroubleKind = (typeof TROUBLE_KINDS)[number];

export interface Trouble {
  readonly kind: TroubleKind;
  /** Its subject, constant for its duration: `lxc/101`, `run 12 lxc/101`, `pve`. */
  readonly subject: string;
  /** One line, such as `lxc/101 failed`. */
  readonly what: string;
  /** The cause, and the remedy after the last `; `; null if there is nothing to add. */
  readonly why: string | null;
  /** Path of the page about it. */
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

/** The content of one message to a channel. All texts are single lines. */
export interface Message {
  /** Constant when it is sent again, so that a receiver can drop duplicates. */
  readonly id: string;
  readonly title: string;
  readonly lines: readonly string[];
  /** Whether any of it needs a person. */
  readonly isUrgent: boolean;
  /** Page about it; null without a public URL. */
  readonly url: string | null;
  /** Machine-readable form. */
  readonly news: readonly News[];
}

/** Identifies a trouble. */
export function troubleKey({ kind, subject }: Pick<Trouble, 'kind' | 'subject'>): string {
  return `${kind} ${subject}`;
}
