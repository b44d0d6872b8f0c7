// Runs in a real ledger, as the agent would record them, for tests of their pages.

import type { RunId, TargetId } from '../../src/model/ids.ts';
import type { PlanStep } from '../../src/model/plan.ts';
import type { ActionRecord, FieldDifference, Outcome } from '../../src/model/run.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { Planned, RunRequest } from '../../src/ports/runs.ts';

export const COMMIT = '3f2a1bc0d4e5f60718293a4b5c6d7e8f90a1b2c3';
export const CREATED = '2026-01-02T03:04:05.000Z';

export function stepOf(target: string, changed: Partial<PlanStep> = {}): PlanStep {
  return {
    target: target as TargetId,
    kind: target.split('/')[0] ?? '',
    verb: 'update',
    impact: 'live',
    needs: [],
    wave: 1,
    approval: false,
    approvals: 0,
    protected: false,
    changes: [],
    ...changed,
  };
}

export function record(
  ledger: Ledger,
  steps: readonly PlanStep[],
  changed: { readonly request?: Partial<RunRequest>; readonly planned?: Partial<Planned> } = {},
): Promise<RunId> {
  const request: RunRequest = {
    commit: COMMIT,
    trigger: 'push',
    by: 'ada',
    created: CREATED,
    targets: null,
    rewind: false,
    readOnly: false,
    ...changed.request,
  };
  return ledger.recordRun(request, {
    state: 'planned',
    plan: { from: null, to: request.commit, steps },
    digests: {},
    held: {},
    notes: [],
    approvals: [],
    reason: null,
    problems: [],
    statuses: () => [],
    ...changed.planned,
  });
}

/** How a step continues after it began; returned by `begin`. */
export interface Begun {
  act(action: ActionRecord): Promise<void>;
  print(...lines: readonly string[]): Promise<void>;
  end(
    outcome: Outcome,
    reason?: string,
    ended?: string,
    would?: readonly string[],
    differs?: readonly FieldDifference[],
  ): Promise<void>;
}

export async function begin(ledger: Ledger, run: RunId, target: string, started = CREATED): Promise<Begun> {
  const id = target as TargetId;
  const lease = await ledger.acquireLease(id, 60_000);
  if (lease === null) throw new Error(`somebody else works on ${target}`);
  await ledger.startStep(lease, run, started);
  return {
    async act(action) {
      await ledger.touch(lease, run, { commit: COMMIT });
      await ledger.recordAction(lease, run, action);
    },
    print: (...lines) => ledger.appendLog(run, id, lines),
    async end(outcome, reason, ended = CREATED, would = [], differs = []) {
      const proved = { kind: 'proved', record: { target: id, commit: COMMIT, digest: 'd', at: ended } } as const;
      const applied = outcome === 'applied' ? proved : ({ kind: 'kept' } as const);
      await ledger.finishStep(lease, run, {
        outcome,
        reason: reason ?? null,
        ended,
        applied,
        would,
        differs,
        statuses: [],
      });
      await ledger.releaseLease(lease);
    },
  };
}

/** The run once its steps have ended. */
export async function finish(
  ledger: Ledger,
  run: RunId,
  state: 'succeeded' | 'failed' | 'blocked',
  ended = CREATED,
): Promise<void> {
  await ledger.markRun(run, 'applying', []);
  await ledger.endRun(run, state, ended, []);
}
