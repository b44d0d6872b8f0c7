// What a change must have before it is carried out: the `phoenix` section of the hypervisor's file.

import type { Impact } from './plan.ts';

/** Opens each time the expression says so, and stays open that long. */
export interface ApplyWindow {
  /** Five fields, read in the time zone. */
  readonly cron: string;
  /** Of time that passes, also where clocks are set forward or back meanwhile. */
  readonly minutes: number;
  /** IANA name. */
  readonly timezone: string;
}

export interface Policy {
  /** How many persons must approve a step of each impact, and one that sends a secret to a target that did not have it. */
  readonly approvals: Readonly<Record<Impact, number>> & {
    /** Absent in plans from before there was one: nobody. */
    readonly secrets?: number;
  };
  /** Whose approvals count, by the name that the forge knows them by; null: those of everybody who may give one. */
  readonly approvers: readonly string[] | null;
  /** Whether an approving review of the forge is an approval of what the pull request shows; absent in policies from before there was a choice: no. */
  readonly approvalsBy?: ApprovalsBy;
  /** A commit that deletes more of the guests is refused; null: `behavior.max_delete_share` says. */
  readonly maxDeletePercent: number | null;
  /** Guests that are never destroyed or recreated: `lxc/103`, or `103` whatever it is. */
  readonly protected: readonly string[];
  /** Nothing starts outside them; none: always open. */
  readonly applyWindows: readonly ApplyWindow[];
  /** Which commits must carry a signature of a known key: none, the head of each push, or every commit of it. */
  readonly signedCommits: SignedCommits;
}

/** A policy with where it comes from. */
export interface PolicyRecord {
  /** The commit that declares it. */
  readonly commit: string;
  readonly policy: Policy;
}

/** Beside buttons, commands and trailers, which always are: nothing, or reviews. */
type ApprovalsBy = 'comment' | 'review';

export type SignedCommits = 'off' | 'head' | 'all';

/** What holds where the configuration says nothing. */
export const DEFAULT_POLICY: Policy = {
  approvals: { destroy: 1, recreate: 1, restart: 0, live: 0, secrets: 0 },
  approvers: null,
  approvalsBy: 'comment',
  maxDeletePercent: null,
  protected: [],
  applyWindows: [],
  signedCommits: 'off',
};
