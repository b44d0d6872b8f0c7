// Webhook deliveries, independent of the forge.

import type { RunId, TargetId } from '../model/ids.ts';

/** One relevant webhook delivery. Only a hint, whatever it claims: changes are fetched, and commands are verified with the forge. */
export type Delivery = {
  /** The forge's id of the delivery; the same id twice is the same delivery. */
  readonly id: string;
  /** Who caused it, according to the delivery: for display, never for decisions. */
  readonly by: string;
  /** ISO 8601. */
  readonly received: string;
  /** The span of its receipt, as `traceparent`; absent where nothing is traced. */
  readonly trace?: string;
} & Event;

/** The arrival of a correctly signed delivery of any event. */
export interface Arrival {
  /** ISO 8601. */
  readonly at: string;
  /** The id of the delivery. */
  readonly id: string;
  /** The forge's name of the event. */
  readonly event: string;
}

/** A delivery with a missing or wrong signature: anybody who reaches the address can send one. */
export interface Refusal {
  /** ISO 8601. */
  readonly at: string;
  /** With the remedy after its last `; `. */
  readonly why: string;
}

export type Push = Delivery & PushEvent;

export type Event = PushEvent | PullEvent | AskEvent;

/** The followed branch has moved. */
interface PushEvent {
  readonly kind: 'push';
  /** The head in the event, so that this commit gets a status too when a newer one has already replaced it. */
  readonly commit: string;
}

/** A pull request was opened, changed or closed. */
interface PullEvent {
  readonly kind: 'pull';
  readonly pull: number;
  /** Somebody changed or deleted another's comment, which may be Phoenix's. */
  readonly comment?: true;
}

/** A person gives a command on the forge: by a button, or by a comment under a pull request. */
export interface AskEvent {
  readonly kind: 'ask';
  readonly ask: Ask;
  readonly source: AskSource;
  /** Whether the person may push, according to the signed event (Gitea and Forgejo); absent where it does not say. */
  readonly mayPush?: boolean;
}

/** Where on the forge the command is. A delivery only claims it; it counts if the forge confirms it. */
export type AskSource =
  /** A comment under the pull request, by the forge's id. */
  | { readonly on: 'comment'; readonly id: string; readonly pull: number }
  /** A code review of the pull request; null where the forge gives it no id in its event, as Gitea does. */
  | { readonly on: 'review'; readonly id: string | null; readonly pull: number }
  /** Pressing a button creates no object at the forge; the delivery is the only record. */
  | { readonly on: 'delivery' };

export type Ask =
  /** To apply or plan a commit again, by a check's re-run button; null: everything of the commit. */
  | { readonly what: 'again'; readonly commit: string; readonly context: string | null }
  /** To approve steps that a pull request shows. */
  | { readonly what: 'approve'; readonly targets: readonly TargetId[]; readonly pull: number }
  /** To approve steps of a run, by a check's button on that commit. No targets: all that wait in it. */
  | {
      readonly what: 'approve run';
      readonly run: RunId;
      readonly commit: string;
      readonly targets: readonly TargetId[];
    }
  | { readonly what: 'replay'; readonly commit: string | null; readonly pull: number }
  | { readonly what: 'plan'; readonly pull: number }
  /** An approving code review: to approve everything that the pull request shows, if the policy counts reviews. */
  | { readonly what: 'approve all'; readonly pull: number };
