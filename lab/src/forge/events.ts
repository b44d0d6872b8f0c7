// Forge events before conversion to the format of a specific forge.

import type { LabComment } from './comments.ts';
import type { LabCheck } from './github/checks.ts';
import type { LabQueued } from './github/queued.ts';
import type { LabPull } from './pulls.ts';
import type { PushedRef } from './pushed-refs.ts';
import type { LabReview } from './reviews.ts';

export type ForgeEvent = { readonly by: string } & (
  | { readonly kind: 'push'; readonly change: PushedRef }
  | {
      readonly kind: 'pull';
      readonly action: 'opened' | 'updated' | 'edited' | 'closed' | 'reopened';
      readonly pull: LabPull;
      /** State before an update or edit. */
      readonly before?: LabPull;
    }
  | {
      readonly kind: 'comment';
      readonly action: 'created' | 'edited';
      readonly comment: LabComment;
      readonly before?: LabComment;
    }
  | { readonly kind: 'review'; readonly action: 'submitted' | 'dismissed'; readonly review: LabReview }
  | { readonly kind: 'check'; readonly action: 'created' | 'completed' | 'rerequested'; readonly check: LabCheck }
  /** A button of a check was pressed. */
  | { readonly kind: 'button'; readonly check: LabCheck; readonly identifier: string }
  /** A group of the merge queue. */
  | {
      readonly kind: 'group';
      readonly action: 'checks_requested' | 'destroyed';
      readonly group: LabQueued;
      /** Reason for the removal from the queue. */
      readonly reason?: 'merged' | 'invalidated' | 'dequeued';
    }
  /** A check suite. */
  | { readonly kind: 'suite'; readonly action: 'requested' | 'rerequested'; readonly sha: string; readonly app: number }
);

/** An event to send. */
export interface Message {
  /** Event name in the header. */
  readonly event: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Only sent to this App, regardless of its subscriptions. */
  readonly app?: number;
}
