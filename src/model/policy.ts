// Requirements for executing a change: the `phoenix` section of the hypervisor's file.

import type { Impact } from './plan.ts';

/** A period that begins whenever the expression matches, with a fixed duration. */
export interface ApplyWindow {
  /** Five cron fields, in the time zone. */
  readonly cron: string;
  /** Elapsed minutes, independent of clock changes meanwhile. */
  readonly minutes: number;
  /** IANA time zone name. */
  readonly timezone: string;
}

export interface Policy {
  /** Number of required approvers per impact, and for a step that sends a secret to a target for the first time. */
  readonly approvals: Readonly<Record<Impact, number>> & {
    /** Absent in plans from before it existed: zero. */
    readonly secrets?: number;
  };
  /** Approvers by their name on the forge; null: everybody who may approve. */
  readonly approvers: readonly string[] | null;
  /** Whether an approving review on the forge approves the plan of the pull request; absent in policies from before it existed: no. */
  readonly approvalsBy?: ApprovalsBy;
  /** A commit that deletes a larger share of the guests is rejected; null: `behavior.max_delete_share` applies. */
  readonly maxDeletePercent: number | null;
  /** Guests that are never destroyed or recreated: `lxc/103`, or `103` for either kind. */
  readonly protected: readonly string[];
  /** No run starts outside these; empty: always allowed. */
  readonly applyWindows: readonly ApplyWindow[];
  /** Which commits need a signature of a known key: none, the head of each push, or every commit of it. */
  readonly signedCommits: SignedCommits;
}

/** A policy with its source. */
export interface PolicyRecord {
  /** The commit that declares it. */
  readonly commit: string;
  readonly policy: Policy;
}

/** Additional sources of approvals beside buttons, commands and trailers: none, or reviews. */
type ApprovalsBy = 'comment' | 'review';

export type SignedCommits = 'off' | 'head' | 'all';

/** The default policy. */
export const DEFAULT_POLICY: Policy = {
  approvals: { destroy: 1, recreate: 1, restart: 0, live: 0, secrets: 0 },
  approvers: null,
  approvalsBy: 'comment',
  maxDeletePercent: null,
  protected: [],
  applyWindows: [],
  signedCommits: 'off',
};
