// Continues a run that waits for secrets: once one of them is there, its commit is applied again, which takes its place.

import type { Context } from '../context.ts';
import { missingSecrets } from '../missing-secrets.ts';
import { requestRun } from '../open-run.ts';
import { TIMER } from '../statuses.ts';
import { declaredAt } from './gather.ts';

/** Only the whole of the commit that is followed: what somebody chose out of it, that person replays. */
export async function resumeWithSecrets(context: Context): Promise<void> {
  const open = await context.ledger.openRuns();
  const base = (await context.ledger.head())?.base;
  // Another run is still to be planned, and looks at the secrets itself.
  if (open.some(({ plan }) => plan === null)) return;
  for (const { commit, state, request, missing = [], supersededBy } of open) {
    if (state !== 'blocked' || missing.length === 0 || commit !== base || request.targets !== null) continue;
    if (supersededBy !== null) continue;
    const declared = await declaredAt(context, commit);
    if (declared === undefined) continue;
    const left = await missingSecrets(context, declared, missing);
    if (left === null || missing.every((target) => left.has(target))) continue;
    await requestRun(context, { commit, trigger: 'replay', by: TIMER, targets: null, rewind: false, readOnly: false });
    return;
  }
}
