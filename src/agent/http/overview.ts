// The overview: what needs a person, from the ledger and from observations of the host. What is not known is null here, never empty.
// Pure.

import { targetLabel } from '../../messages/changes.ts';
import { impactWords } from '../../messages/plan.ts';
import type { CertificateEnd } from '../../model/environment.ts';
import { type Fault, hasLasted } from '../../model/fault.ts';
import type { RunId, TargetId } from '../../model/ids.ts';
import type { MarkedTarget } from '../../model/target.ts';
import { waitingSteps } from '../../plan/policy/waiting.ts';
import type { Head, RunDetail } from '../../ports/runs.ts';
import type { TargetJson } from './run-json.ts';

/** What it is computed from. */
export interface OverviewInput {
  readonly head: Head | null;
  readonly open: readonly RunDetail[];
  readonly targets: readonly TargetJson[];
  /** Null: the host could not be observed in time. */
  readonly orphans: readonly MarkedTarget[] | null;
  readonly certificates: readonly CertificateEnd[] | null;
  /** What Phoenix itself needs and does not get. */
  readonly faults: readonly Fault[];
  readonly now: Date;
}

/** A step that waits for a person. */
interface Waiting {
  readonly run: RunId;
  readonly target: TargetId;
  /** With the name that its plan has, also where nothing declares it any more: `lxc/101 (nginx)`. */
  readonly label: string;
  /** What it would do: `delete, destroys the disk of 101`. */
  readonly cost: string;
  readonly commit: string;
  readonly reason: string | null;
  /** Since when, ISO 8601. */
  readonly since: string;
}

export interface Overview {
  /** What Phoenix itself has needed and not got for long enough that a person is needed, the oldest first. */
  readonly faults: readonly Fault[];
  /** Such faults that may pass: they are tried again. */
  readonly retried: readonly Fault[];
  readonly approvals: readonly Waiting[];
  /** Targets whose newest step failed, or is blocked by something that no approval resolves. */
  readonly failed: readonly TargetJson[];
  /** Targets that differed from the declaration in the newest observation. */
  readonly drifted: readonly TargetJson[];
  /** Sorted by days left, unknown ones last; null: not known. */
  readonly certificates: readonly CertificateEnd[] | null;
  readonly orphans: readonly MarkedTarget[] | null;
  /** The head of the branch was refused and needs a person. */
  readonly refused: Head | null;
  /** Number of items that need a person. */
  readonly needed: number;
  /** Number of declared targets. */
  readonly declared: number;
  /** Number of declared targets that are proved and not doubtful. */
  readonly proved: number;
  /** When the longest known of these proofs was, ISO 8601; null: there is none, or the time of one was not recorded. */
  readonly provedAt: string | null;
  /** Whether the declared targets are known. */
  readonly isDeclaredKnown: boolean;
  /** The newest observation of any target, ISO 8601; null: none on record has ended. */
  readonly observedAt: string | null;
}

export function overviewOf({ head, open, targets, orphans, certificates, faults, now }: OverviewInput): Overview {
  const approvals = open.flatMap(approvalsOf);
  const awaiting = new Set(approvals.map(({ target }) => target));
  const failed = targets.filter(
    ({ target, outcome }) => outcome === 'failed' || (outcome === 'blocked' && !awaiting.has(target)),
  );
  const known = new Set([...awaiting, ...failed.map(({ target }) => target)]);
  const drifted = targets.filter(
    ({ target, look }) => look !== null && look.found !== null && !look.over && !known.has(target),
  );
  const declared = targets.filter((each) => each.declared === true);
  const proved = declared.filter(({ state }) => state === 'applied').map((each) => each.proved);
  const refused = head?.verdict === 'invalid' || head?.verdict === 'refused' ? head : null;
  const ended = certificates?.filter(({ validity }) => validity !== null && validity.until <= now.toISOString()) ?? [];
  const looks = targets.flatMap(({ look }) => (look === null ? [] : [look.at]));
  const bySince = faults.toSorted((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
  const lasting = bySince.filter((fault) => hasLasted(fault, now));
  return {
    faults: lasting,
    retried: bySince.filter((fault) => !hasLasted(fault, now)),
    approvals,
    failed,
    drifted,
    certificates: certificates?.toSorted(byEnd) ?? null,
    orphans,
    refused,
    needed:
      lasting.length +
      approvals.length +
      failed.length +
      drifted.length +
      ended.length +
      (orphans?.length ?? 0) +
      (refused === null ? 0 : 1),
    declared: declared.length,
    proved: proved.length,
    provedAt: proved.every((at) => at !== null) ? (proved.toSorted()[0] ?? null) : null,
    isDeclaredKnown: targets.every((each) => each.declared !== null),
    observedAt: looks.toSorted().at(-1) ?? null,
  };
}

function approvalsOf(run: RunDetail): Waiting[] {
  const waiting = new Set(waitingSteps(run));
  const planned = new Map(run.plan?.steps.map((step) => [step.target, step]));
  return run.steps
    .filter(({ target }) => waiting.has(target))
    .map(({ target, verb, impact, reason, ended }) => {
      const step = planned.get(target) ?? { target, verb, impact };
      const cost = `${step.verb}, ${impactWords(step)}`;
      return {
        run: run.id,
        target,
        label: targetLabel(step),
        cost,
        commit: run.commit,
        reason,
        since: ended ?? run.created,
      };
    });
}

function byEnd(one: CertificateEnd, other: CertificateEnd): number {
  const [a, b] = [one.validity?.until ?? '\uffff', other.validity?.until ?? '\uffff'];
  return a < b ? -1 : a > b ? 1 : 0;
}
