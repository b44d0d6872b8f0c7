// Fills a ledger with runs as after pushes: one step each, with its output, and two sent reports.

import type { RunId, TargetId } from '../../../src/model/ids.ts';
import type { CommitStatus } from '../../../src/model/report.ts';
import type { Ledger } from '../../../src/ports/ledger.ts';

const AT = '2026-01-02T03:04:05.000Z';
const TARGETS = 20;
const FAR = Number.MAX_SAFE_INTEGER;

/** In order of their numbers. @param first number of the first run, which determines its commit and delivery */
export async function pushRuns(ledger: Ledger, first: number, count: number): Promise<RunId[]> {
  const runs: RunId[] = [];
  for (let number = first; number < first + count; number += TARGETS) {
    // One at a time per target, several targets at once, which shares the cost of disk writes.
    const some = Array.from({ length: Math.min(TARGETS, first + count - number) }, (_, index) => number + index);
    runs.push(...(await Promise.all(some.map((each) => pushRun(ledger, each)))));
  }
  return runs.sort((one, other) => Number(one) - Number(other));
}

async function pushRun(ledger: Ledger, number: number): Promise<RunId> {
  const commit = number.toString(16).padStart(40, '0');
  const target = `lxc/${1_001 + (number % TARGETS)}` as TargetId;
  const step = {
    ...({ target, kind: 'lxc', verb: 'update', impact: 'live', needs: [], wave: 1 } as const),
    ...{ approval: false, approvals: 0, protected: false },
    changes: [{ path: '/memory_mb', before: number, after: number + 1 }],
  };
  const said = (context: string, state: CommitStatus['state']): CommitStatus => {
    const about = { kind: 'run', run: String(number) as RunId, target: null } as const;
    return { commit, context, state, description: `${context} of push ${number}`, url: null, about };
  };
  await ledger.recordDelivery({ id: `delivery-${number}`, kind: 'push', received: AT, commit, by: 'ada' });
  const run = await ledger.recordRun(
    { commit, trigger: 'push', by: 'ada', created: AT, targets: null, rewind: false, readOnly: false },
    {
      ...({ state: 'planned', plan: { from: null, to: commit, steps: [step] } } as const),
      ...{ digests: { [target]: commit }, approvals: [], reason: null, problems: [], held: {}, notes: [] },
      statuses: () => [said('phoenix/apply', 'pending'), said(`phoenix/${target}`, 'pending')],
      followed: { commit, verdict: 'followed', base: commit },
    },
  );
  await ledger.settleDeliveries([`delivery-${number}`], []);
  const lease = await ledger.acquireLease(target, 60_000);
  if (lease === null) throw new Error(`${target} is done by two`);
  await ledger.startStep(lease, run, AT);
  await ledger.touch(lease, run, { commit });
  await ledger.recordAction(lease, run, { summary: `set memory of ${target}`, exit: 0, ms: 700 });
  await ledger.appendLog(run, target, ['$ pct set', 'output of a program']);
  const applied = { kind: 'proved', record: { target, commit, digest: commit } } as const;
  const statuses = [said(`phoenix/${target}`, 'success')];
  await ledger.finishStep(lease, run, {
    outcome: 'applied',
    reason: null,
    ended: AT,
    applied,
    statuses,
    release: true,
  });
  await ledger.endRun(run, 'succeeded', AT, [said('phoenix/apply', 'success')]);
  for (;;) {
    const entry = await ledger.claimReport(FAR, 1, null);
    if (entry === null) return run;
    await ledger.reportSent(entry, `handle-${number}`);
  }
}
