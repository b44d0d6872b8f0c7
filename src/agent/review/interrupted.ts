// No status stays pending for ever: at the first look of a process, what reads pending at the forge and belongs to nothing
// that goes on gets an end, with what to do.

import type { CommitSha } from '../../model/ids.ts';
import type { CommitStatus } from '../../model/report.ts';
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
  const ends = [...(await leftBehind(context)), ...(memory.beganAfresh ? await unspoken(context, forge, head) : [])];
  await ledger.say(ends.map(({ commit, name }) => status(commit, name, interrupted(commit), NO_LINK)));
  if (ends.length > 0) await queue.requestReport();
  memory.pendingSettled = true;
}

interface Pending {
  readonly commit: string;
  readonly name: string;
}

/**
 * What the ledger knows to read pending though what it tells of is over. Looked at before and after that was asked: the end of a
 * run is written together with its last word, so what reads pending after its end was left behind.
 */
async function leftBehind(context: Context): Promise<Pending[]> {
  const { ledger } = context;
  const before = await ledger.saidPending();
  if (before.length === 0) return [];
  const going = await goingOn(context);
  const over: CommitStatus[] = [];
  for (const each of before) {
    const run = each.about?.kind === 'run' ? await ledger.runProgress(each.about.run) : null;
    const goesOn = each.about?.kind === 'run' ? run?.ended === null : going.has(each.commit);
    if (!goesOn) over.push(each);
  }
  const still = new Set((await ledger.saidPending()).map(({ commit, context: name }) => `${commit} ${name}`));
  return over
    .map(({ commit, context: name }) => ({ commit, name }))
    .filter(({ commit, name }) => still.has(`${commit} ${name}`));
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

/** What reads pending at the forge on commits before the head that no run of this ledger speaks for. */
async function unspoken({ ledger, repository }: Context, forge: Forge, head: CommitSha): Promise<Pending[]> {
  const found: Pending[] = [];
  let commit = (await repository.commit(head)).parents[0];
  for (let back = 0; commit !== undefined && back < COMMITS_BACK; back += 1) {
    const sha: CommitSha = commit;
    found.push(...(await forge.pending(sha)).map((name) => ({ commit: sha, name })));
    commit = (await repository.commit(sha)).parents[0];
  }
  const spoken = new Set((await ledger.runs(RECENT_RUNS)).map((run) => run.commit));
  return found.filter((each) => !spoken.has(each.commit));
}
