// The events of the forge as it tells them to those who listen, before each kind of forge puts them into its own form.

import type { LabComment } from './comments.ts';
import type { LabCheck } from './github/checks.ts';
import type { LabQueued } from './github/merge-queue.ts';
import type { LabPull } from './pulls.ts';
import type { LabReview } from './reviews.ts';

export interface PushedRef {
  readonly ref: string;
  /** All zeros for a new one. */
  readonly before: string;
  /** All zeros for a deleted one. */
  readonly after: string;
}

export type ForgeEvent = { readonly by: string } & (
  | { readonly kind: 'push'; readonly change: PushedRef }
  | {
      readonly kind: 'pull';
      readonly action: 'opened' | 'updated' | 'edited' | 'closed' | 'reopened';
      readonly pull: LabPull;
      /** For what was updated or edited. */
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
  | { readonly kind: 'button'; readonly check: LabCheck; readonly identifier: string }
  | {
      readonly kind: 'group';
      readonly action: 'checks_requested' | 'destroyed';
      readonly group: LabQueued;
      /** Why it was destroyed. */
      readonly reason?: 'merged' | 'invalidated' | 'dequeued';
    }
  | { readonly kind: 'suite'; readonly action: 'requested' | 'rerequested'; readonly sha: string; readonly app: number }
);

/** An event as it is sent. */
export interface Message {
  /** As the forge's header names it. */
  readonly event: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The only App that gets it, and gets it without having asked. */
  readonly app?: number;
}
