// How things stand: who needs a person, from what the ledger and the looks at the host know. What is not known is null here, never
// empty. Pure.

import type { CertificateEnd } from '../../model/environment.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { MarkedTarget } from '../../model/target.ts';
import { waitingSteps } from '../../plan/waiting.ts';
import type { Head, RunDetail } from '../../ports/runs.ts';
import type { TargetJson } from './run-json.ts';

/** What is read for it. */
export interface OverviewInput {
  readonly head: Head | null;
  readonly open: readonly RunDetail[];
  readonly targets: readonly TargetJson[];
  /** Null: the host could not be looked at in time. */
  readonly orphans: readonly MarkedTarget[] | null;
  readonly certificates: readonly CertificateEnd[] | null;
  readonly now: Date;
}

/** A step that waits for a person. */
interface Waiting {
  readonly run: RunId;
  readonly target: TargetId;
  readonly commit: string;
  readonly reason: string | null;
  /** Since when, ISO 8601. */
  readonly since: string;
}

export interface Overview {
  readonly approvals: readonly Waiting[];
  /** The newest step of each of these failed, or is held back by what no approval takes away. */
  readonly failed: readonly TargetJson[];
  /** The newest look found these otherwise than they are declared. */
  readonly drifted: readonly TargetJson[];
  /** The fewest days left first, those of which nothing is known last; null: not known. */
  readonly certificates: readonly CertificateEnd[] | null;
  readonly orphans: readonly MarkedTarget[] | null;
  /** The head of the branch is not followed, and a person has to see to it. */
  readonly refused: Head | null;
  /** How many things need a person. */
  readonly needed: number;
  /** Of those that are declared. */
  readonly declared: number;
  /** Declared, proved and not in doubt. */
  readonly proved: number;
  /** Whether it is known what is declared. */
  readonly isDeclaredKnown: boolean;
  /** The newest look at anything, ISO 8601; null: none that is kept came to an end. */
  readonly observedAt: string | null;
}

export function overviewOf({ head, open, targets, orphans, certificates, now }: OverviewInput): Overview {
  const approvals = open.flatMap(approvalsOf);
  const asked = new Set(approvals.map(({ target }) => target));
  const failed = targets.filter(
    ({ target, outcome }) => outcome === 'failed' || (outcome === 'blocked' && !asked.has(target)),
  );
  const known = new Set([...asked, ...failed.map(({ target }) => target)]);
  const drifted = targets.filter(
    ({ target, look }) => look !== null && look.found !== null && !look.over && !known.has(target),
  );
  const declared = targets.filter((each) => each.declared === true);
  const refused = head?.verdict === 'invalid' || head?.verdict === 'refused' ? head : null;
  const ended = certificates?.filter(({ validity }) => validity !== null && validity.until <= now.toISOString()) ?? [];
  const looks = targets.flatMap(({ look }) => (look === null ? [] : [look.at]));
  return {
    approvals,
    failed,
    drifted,
    certificates: certificates?.toSorted(byEnd) ?? null,
    orphans,
    refused,
    needed:
      approvals.length +
      failed.length +
      drifted.length +
      ended.length +
      (orphans?.length ?? 0) +
      (refused === null ? 0 : 1),
    declared: declared.length,
    proved: declared.filter(({ state }) => state === 'applied').length,
    isDeclaredKnown: targets.every((each) => each.declared !== null),
    observedAt: looks.toSorted().at(-1) ?? null,
  };
}

function approvalsOf(run: RunDetail): Waiting[] {
  const waiting = new Set(waitingSteps(run));
  return run.steps
    .filter(({ target }) => waiting.has(target))
    .map(({ target, reason, ended }) => {
      return { run: run.id, target, commit: run.commit, reason, since: ended ?? run.created };
    });
}

function byEnd(one: CertificateEnd, other: CertificateEnd): number {
  const [a, b] = [one.validity?.until ?? '\uffff', other.validity?.until ?? '\uffff'];
  return a < b ? -1 : a > b ? 1 : 0;
}
