// No status stays pending for ever: at the first look of a process, what reads pending at the forge and belongs to nothing
// that goes on gets an end, with what to do.

import type { CommitSha } from '../../model/ids.ts';
import type { Forge } from '../../ports.ts';
import { interrupted, NO_LINK, status } from '../../say/status.ts';
import type { Context } from '../context.ts';

const RECENT_RUNS = 100;
/** Commits behind the head that are asked about when the ledger was lost. */
const COMMITS_BACK = 20;

export async function settlePending(context: Context, forge: Forge): Promise<void> {
  const { ledger, memory, queue } = context;
  const head = (await ledger.head())?.commit as CommitSha | undefined;
  // Before the first commit nothing was said, and after a lost ledger the first reconcile comes first.
  if (memory.pendingSettled || head === undefined) return;
  const pending = [
    ...(await ledger.saidPending()).map(({ commit, context: name }) => ({ commit, name })),
    ...(memory.beganAfresh ? await pendingAtForge(context, forge, head) : []),
  ];
  const going = pending.length === 0 ? new Set() : await goingOn(context);
  const lost = pending.filter(({ commit }) => !going.has(commit));
  await ledger.say(lost.map(({ commit, name }) => status(commit, name, interrupted(commit), NO_LINK)));
  if (lost.length > 0) await queue.requestReport();
  memory.pendingSettled = true;
}

/** Commits of which something will still be said. */
async function goingOn({ ledger, repository, options }: Context): Promise<ReadonlySet<string>> {
  const [open, deliveries, next] = await Promise.all([
    ledger.openRuns(),
    ledger.unsettledDeliveries(),
    repository.resolve(options.branch),
  ]);
  const followed = (await ledger.head())?.commit;
  const named = deliveries.flatMap((each) => (each.kind === 'push' ? [each.commit] : []));
  const waiting = next !== null && next !== followed ? [next] : [];
  return new Set([...open.map(({ commit }) => commit), ...named, ...waiting]);
}

/** Of the head and the commits before it that no run of this ledger speaks for. */
async function pendingAtForge({ ledger, repository }: Context, forge: Forge, head: CommitSha) {
  const spoken = new Set((await ledger.runs(RECENT_RUNS)).map(({ commit }) => commit));
  const found: { readonly commit: string; readonly name: string }[] = [];
  let commit: CommitSha | undefined = head;
  for (let back = 0; commit !== undefined && back < COMMITS_BACK; back += 1) {
    const sha: CommitSha = commit;
    if (!spoken.has(sha)) found.push(...(await forge.pending(sha)).map((name) => ({ commit: sha, name })));
    commit = (await repository.commit(sha)).parents[0];
  }
  return found;
}
