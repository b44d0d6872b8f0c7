// No status stays pending for ever: at the first look of a process, what reads pending at the forge and belongs to nothing
// that goes on gets an end, with what to do.

import type { CommitSha } from '../../model/ids.ts';
import type { CommitStatus } from '../../model/report.ts';
import type { RunDetail } from '../../ports/ledger.ts';
import type { Forge } from '../../ports.ts';
import { ended, interrupted, invalid, NO_LINK, type Sentence, status, stepEnded } from '../../say/status.ts';
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
  await ledger.say(ends);
  if (ends.length > 0) await queue.requestReport();
  memory.pendingSettled = true;
}

/**
 * What the ledger knows to read pending though what it tells of is over: the end that the ledger has, where it has one. Looked at before
 * and after that was asked: the end of a run is written together with its last word, so what reads pending after its end was left
 * behind, or was given up by a forge that did not take it.
 */
async function leftBehind(context: Context): Promise<CommitStatus[]> {
  const { ledger } = context;
  const before = await ledger.saidPending();
  if (before.length === 0) return [];
  const going = await goingOn(context);
  const over: CommitStatus[] = [];
  for (const each of before) {
    const run = each.about?.kind === 'run' ? await ledger.runProgress(each.about.run) : null;
    const goesOn = each.about?.kind === 'run' ? run?.ended === null : going.has(each.commit);
    if (!goesOn) over.push({ ...each, ...(endOf(run, each) ?? interrupted(each.commit)) });
  }
  const still = new Set((await ledger.saidPending()).map(keyOf));
  return over.filter((each) => still.has(keyOf(each)));
}

/** As it was said, or should have been; null where it ended without one. */
function endOf(run: RunDetail | null, { about }: CommitStatus): Sentence | null {
  if (run === null || about?.kind !== 'run') return null;
  if (about.target !== null) {
    const step = run.steps.find(({ target }) => target === about.target);
    return step?.outcome == null ? null : stepEnded(step.outcome, step.reason);
  }
  if (run.state === 'invalid') return invalid(run.problems);
  const taken = run.steps.find(({ outcome }) => outcome === 'superseded');
  if (taken !== undefined) return stepEnded('superseded', taken.reason);
  const isWhole = run.steps.length > 0 && run.steps.every(({ outcome }) => outcome !== null);
  return isWhole ? ended(run.id, run.steps) : null;
}

function keyOf({ commit, context }: Pick<CommitStatus, 'commit' | 'context'>): string {
  return `${commit} ${context}`;
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
async function unspoken({ ledger, repository }: Context, forge: Forge, head: CommitSha): Promise<CommitStatus[]> {
  const found: CommitStatus[] = [];
  let commit = (await repository.commit(head)).parents[0];
  for (let back = 0; commit !== undefined && back < COMMITS_BACK; back += 1) {
    const sha: CommitSha = commit;
    found.push(...(await forge.pending(sha)).map((name) => status(sha, name, interrupted(sha), NO_LINK)));
    commit = (await repository.commit(sha)).parents[0];
  }
  const spoken = new Set((await ledger.runs(RECENT_RUNS)).map((run) => run.commit));
  return found.filter((each) => !spoken.has(each.commit));
}
