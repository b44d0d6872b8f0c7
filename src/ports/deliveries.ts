// What a forge tells Phoenix of its own accord, in our words.

import type { RunId, TargetId } from '../model/ids.ts';

/** One webhook delivery of interest. A hint, where it says that something has moved: the truth is fetched afterwards. */
export type Delivery = {
  /** The forge's id of the delivery; the same id twice is the same delivery. */
  readonly id: string;
  /** Who caused it. */
  readonly by: string;
  /** ISO 8601. */
  readonly received: string;
} & Event;

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
}

/** A person asks for something on the forge: by a button, or by a comment under a pull request. */
export interface AskEvent {
  readonly kind: 'ask';
  readonly ask: Ask;
}

export type Ask =
  /** To carry out or plan a commit again, as a check's own button says; null: whatever belongs to the commit. */
  | { readonly what: 'again'; readonly commit: string; readonly context: string | null }
  /** To let steps go on. None: all that wait, in that run; no run: in whichever they wait. */
  | {
      readonly what: 'approve';
      readonly run: RunId | null;
      readonly targets: readonly TargetId[];
      readonly pull: number | null;
    }
  | { readonly what: 'replay'; readonly commit: string | null; readonly pull: number }
  | { readonly what: 'plan'; readonly pull: number };
