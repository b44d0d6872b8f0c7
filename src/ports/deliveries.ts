// What a forge tells Phoenix of its own accord, in our words.

import type { RunId, TargetId } from '../model/ids.ts';

/** One webhook delivery of interest. A hint, whatever it says: what moved is fetched, what is asked for is looked up at the forge. */
export type Delivery = {
  /** The forge's id of the delivery; the same id twice is the same delivery. */
  readonly id: string;
  /** Who caused it, as the delivery says: for people to read, never to decide by. */
  readonly by: string;
  /** ISO 8601. */
  readonly received: string;
  /** The span of its receipt, as `traceparent`; absent where nothing is traced. */
  readonly trace?: string;
} & Event;

/** That a delivery came which the forge had signed, of whatever event. */
export interface Arrival {
  /** ISO 8601. */
  readonly at: string;
  /** As `Delivery` has it. */
  readonly id: string;
  /** As the forge names it. */
  readonly event: string;
}

export type Push = Delivery & PushEvent;

export type Event = PushEvent | PullEvent | AskEvent;

/** The followed branch has moved. */
interface PushEvent {
  readonly kind: 'push';
  /** The head that it names, so that this commit gets an answer too when a newer one has replaced it already. */
  readonly commit: string;
}

/** A pull request was opened, changed or closed. */
interface PullEvent {
  readonly kind: 'pull';
  readonly pull: number;
  /** Somebody changed or deleted a comment that they did not write: it may be that of Phoenix. */
  readonly comment?: true;
}

/** A person asks for something on the forge: by a button, or by a comment under a pull request. */
export interface AskEvent {
  readonly kind: 'ask';
  readonly ask: Ask;
  readonly source: AskSource;
  /** Whether whoever asks may push, as the forge itself says in the event, as Gitea and Forgejo do; absent where it does not. */
  readonly mayPush?: boolean;
}

/** Where on the forge the command stands. A delivery only claims it; it counts when the forge says the same. */
export type AskSource =
  /** A comment under the pull request, by the forge's id. */
  | { readonly on: 'comment'; readonly id: string; readonly pull: number }
  /** A code review of the pull request; null where the forge gives it no id in its event, as Gitea does. */
  | { readonly on: 'review'; readonly id: string | null; readonly pull: number }
  /** A press or a check's own button is no object of the forge: the delivery that told of it is. */
  | { readonly on: 'delivery' };

export type Ask =
  /** To carry out or plan a commit again, as a check's own button says; null: whatever belongs to the commit. */
  | { readonly what: 'again'; readonly commit: string; readonly context: string | null }
  /** To let steps go on that a pull request shows. */
  | { readonly what: 'approve'; readonly targets: readonly TargetId[]; readonly pull: number }
  /** To let steps of a run go on, by the button of a check on that commit. No targets: all that wait in it. */
  | {
      readonly what: 'approve run';
      readonly run: RunId;
      readonly commit: string;
      readonly targets: readonly TargetId[];
    }
  | { readonly what: 'replay'; readonly commit: string | null; readonly pull: number }
  | { readonly what: 'plan'; readonly pull: number }
  /** A code review that approves: to let all go on that the pull request shows, where the policy counts reviews. */
  | { readonly what: 'approve all'; readonly pull: number };
