// A run of two steps in a real ledger, and the records that a worker would write.

import type { RunId, TargetId } from '../../src/model/ids.ts';
import type { Impact, Verb } from '../../src/model/plan.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { COMMIT } from './test-server.ts';

export const LXC = 'lxc/101' as TargetId;
export const VM = 'vm/1001' as TargetId;
export const BEGAN = '2026-01-02T03:04:05.000Z';

/** The run, planned and waiting. */
export function planRun(ledger: Ledger, targets: readonly TargetId[] = [LXC, VM]): Promise<RunId> {
  const step = (target: TargetId, wave: number) => ({
    target,
    kind: target.split('/')[0] ?? '',
    verb: 'update' as Verb,
    impact: 'live' as Impact,
    needs: [],
    wave,
    approval: false,
    approvals: 0,
    protected: false,
    changes: [],
  });
  const request = {
    commit: COMMIT,
    trigger: 'push',
    by: 'ada',
    created: BEGAN,
    targets: null,
    rewind: false,
    readOnly: false,
  } as const;
  return ledger.recordRun(request, {
    state: 'planned',
    plan: { from: null, to: COMMIT, steps: targets.map((target, index) => step(target, index + 1)) },
    digests: Object.fromEntries(targets.map((target, index) => [target, `d${index + 1}`])),
    held: {},
    notes: [],
    approvals: [],
    reason: null,
    problems: [],
    statuses: () => [],
  });
}

/** The step began, did one thing, printed one line and is proved. */
export async function finishStep(ledger: Ledger, run: RunId, target: TargetId): Promise<void> {
  const lease = await ledger.acquireLease(target, 10_000);
  if (lease === null) throw new Error('no lease');
  await ledger.startStep(lease, run, BEGAN);
  await ledger.touch(lease, run, { commit: COMMIT });
  await ledger.recordAction(lease, run, { summary: `set memory of ${target}`, exit: 0, ms: 700 });
  await ledger.appendLog(run, target, [`output of ${target}`]);
  const applied = { kind: 'proved', record: { target, commit: COMMIT, digest: 'd1' } } as const;
  await ledger.finishStep(lease, run, { outcome: 'applied', reason: null, ended: BEGAN, applied, statuses: [] });
}
