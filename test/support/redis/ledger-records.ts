// Records of a ledger for tests: three targets, two commits, and runs, steps and statuses about them.

import { type TargetId, targetId } from '../../../src/model/ids.ts';
import type { Plan, PlanStep } from '../../../src/model/plan.ts';
import { type CommitStatus, isComment } from '../../../src/model/report.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';
import type { OutboxEntry } from '../../../src/ports/outbox.ts';
import type { Planned, RunRequest } from '../../../src/ports/runs.ts';
import type { Lease, SettledStep, StepEnd } from '../../../src/ports/steps.ts';
import { SUBJECT } from '../status.ts';

export const A = 'a'.repeat(40);
export const B = 'b'.repeat(40);
export const [T1, T2, T3] = [targetId('lxc', 101), targetId('lxc', 102), targetId('vm', 1001)];
/** Epoch milliseconds at which the records begin. */
export const START = Date.UTC(2026, 0, 1);
const AT = new Date(START).toISOString();

export function status(description: string, context = 'phoenix/apply', commit = A): CommitStatus {
  return { commit, context, state: 'pending', description, url: null, about: SUBJECT };
}

export function request(commit = A): RunRequest {
  return { commit, trigger: 'push', by: 'ann', created: AT, targets: null, rewind: false, readOnly: false };
}

export function planOf(...targets: TargetId[]): Plan {
  const step = (target: TargetId): PlanStep => ({
    target,
    kind: 'lxc',
    verb: 'create',
    impact: 'live',
    needs: [],
    wave: 1,
    approval: false,
    approvals: 0,
    protected: false,
    changes: [],
  });
  return { from: null, to: A, steps: targets.map(step) };
}

export function planned(plan: Plan | null, changes: Partial<Planned> = {}): Planned {
  return {
    state: 'planned',
    plan,
    digests: {},
    approvals: [],
    reason: null,
    problems: [],
    held: {},
    notes: [],
    statuses: () => [],
    ...changes,
  };
}

export function proved(target: TargetId): StepEnd {
  return {
    outcome: 'applied',
    reason: null,
    ended: AT,
    applied: { kind: 'proved', record: { target, commit: A, digest: 'd1' } },
    statuses: [status('done', `phoenix/${target}`)],
  };
}

export const blocked: SettledStep = { outcome: 'blocked', reason: 'waits', statuses: [] };

export function delivery(id: string) {
  return { id, kind: 'push' as const, commit: A, by: 'ann', received: AT };
}

export async function leaseOf(ledger: Ledger, target: TargetId, ttlMs = 60_000): Promise<Lease> {
  const lease = await ledger.acquireLease(target, ttlMs);
  if (lease === null) throw new Error(`${target} is leased`);
  return lease;
}

/** Claims everything that is due. @param now epoch milliseconds */
export async function claimAll(ledger: Ledger, now: number, claimMs: number): Promise<OutboxEntry[]> {
  const claimed: OutboxEntry[] = [];
  for (;;) {
    const entry = await ledger.claimReport(now, claimMs, null);
    if (entry === null) return claimed;
    claimed.push(entry);
  }
}

export function sentence({ report }: OutboxEntry): string {
  return isComment(report) ? `comment: ${report.body}` : `${report.context}: ${report.description}`;
}
