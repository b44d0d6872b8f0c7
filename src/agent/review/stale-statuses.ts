// Ensures that no status stays pending forever: a pending status at the forge that belongs to nothing in progress gets its end. The end is taken from
// the ledger; only if that knows nothing does the status say that the end is unknown.

import { endOf } from '../../messages/drift.ts';
import { broken, interrupted, invalid, superseded } from '../../messages/statuses/run-status.ts';
import { APPLY_CONTEXT, type FinalSentence, statusAlone, stepContext } from '../../messages/statuses/status.ts';
import { stepEnded } from '../../messages/statuses/step-status.ts';
import type { CommitSha, TargetId } from '../../model/ids.ts';
import type { CommitStatus } from '../../model/report.ts';
import type { Forge } from '../../ports/forge.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Context } from '../context.ts';

/** Number of runs searched for the one behind a status. */
const RECENT_RUNS = 500;
/** Number of commits behind the head to query when the ledger was lost. */
const COMMITS_BACK = 20;

export async function settlePending(context: Context, forge: Forge): Promise<void> {
  const { ledger, memory, queue, clock } = context;
  const head = (await ledger.head())?.commit as CommitSha | undefined;
  // Before the first commit there are no statuses, and after a lost ledger the first reconcile comes first.
  if (head === undefined) return;
  const isFirst = !memory.pendingSettled;
  // Statuses of an older version are in no list yet.
  if (isFirst) await ledger.listPending();
  const ends = await staleStatuses(context, head);
  if (isFirst && memory.beganAfresh) ends.push(...(await unspoken(context, forge, head)));
  await ledger.say(ends);
  const again = await ledger.sayLateAgain(clock.now().getTime());
  if (ends.length + again > 0) await queue.requestReport();
  memory.pendingSettled = true;
}

/**
 * Statuses that the ledger lists as pending although their run is over. The list is read before and after the runs: the end of a run is
 * written together with its last status, so one that is pending after the end was left behind, or was dropped because the forge did not
 * accept it.
 */
async function staleStatuses(context: Context, head: string): Promise<CommitStatus[]> {
  const { ledger } = context;
  const before = await ledger.saidPending();
  const over: CommitStatus[] = [];
  for (const each of before) {
    const end = await finalStatus(context, each, head);
    if (end !== null) over.push({ ...each, ...end });
  }
  if (over.length === 0) return [];
  const still = new Set((await ledger.saidPending()).map(keyOf));
  return over.filter((each) => still.has(keyOf(each)));
}

/** Null while it is in progress. */
async function finalStatus(context: Context, status: CommitStatus, head: string): Promise<FinalSentence | null> {
  const { ledger } = context;
  if (status.about?.kind === 'run') {
    const { run: id, target } = status.about;
    const run = await ledger.runProgress(id);
    if (run !== null) return endIn(run, target) ?? (run.ended === null ? null : interrupted(status.commit));
  }
  if ((await goingOn(context)).has(status.commit)) return null;
  const run = await newestRunOf(context, status);
  const target = targetOf(status);
  if (run !== null) return endIn(run, target) ?? (run.ended === null ? null : interrupted(status.commit));
  // It never started: it was replaced before anything was recorded.
  return status.context === APPLY_CONTEXT && status.commit !== head
    ? superseded(status.commit, head)
    : interrupted(status.commit);
}

/** The final status as it was or should have been sent; null where the run has none. */
function endIn(run: RunDetail, target: TargetId | null): FinalSentence | null {
  if (target !== null) {
    const step = run.steps.find((each) => each.target === target);
    return step?.outcome == null ? null : stepEnded(step.outcome, step.reason);
  }
  if (run.ended === null) return null;
  if (run.plan === null) return run.problems.length > 0 ? invalid(run.problems) : broken(run.reason ?? run.state);
  const isSuperseded = run.steps.some(({ outcome }) => outcome === 'superseded');
  if (isSuperseded && run.supersededBy !== null) return superseded(run.commit, run.supersededBy);
  return run.steps.every(({ outcome }) => outcome !== null) ? endOf(run) : null;
}

function targetOf({ about, context }: CommitStatus): TargetId | null {
  if (about?.kind === 'run') return about.target;
  const name = context.slice(stepContext('' as TargetId).length);
  return name.includes('/') ? (name as TargetId) : null;
}

/** The newest run that sent, or could have sent, a status in that context. */
async function newestRunOf({ ledger }: Context, said: CommitStatus): Promise<RunDetail | null> {
  const target = targetOf(said);
  const speaks = (await ledger.runs(RECENT_RUNS)).find(({ commit, readOnly, steps }) => {
    return commit === said.commit && !readOnly && (target === null || steps.some((step) => step.target === target));
  });
  return speaks === undefined ? null : ledger.runProgress(speaks.id);
}

function keyOf({ commit, context }: Pick<CommitStatus, 'commit' | 'context'>): string {
  return `${commit} ${context}`;
}

/** Commits that will still get a status. */
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

/** Pending statuses at the forge on commits before the head that this ledger does not know. */
async function unspoken({ ledger, repository }: Context, forge: Forge, head: CommitSha): Promise<CommitStatus[]> {
  const found: CommitStatus[] = [];
  let commit = (await repository.commit(head)).parents[0];
  for (let back = 0; commit !== undefined && back < COMMITS_BACK; back += 1) {
    const sha: CommitSha = commit;
    for (const name of await forge.pending(sha)) {
      if ((await ledger.lastSaid(sha, name)) === null) found.push(statusAlone(sha, name, interrupted(sha)));
    }
    commit = (await repository.commit(sha)).parents[0];
  }
  const spoken = new Set((await ledger.runs(RECENT_RUNS)).map((run) => run.commit));
  return found.filter((each) => !spoken.has(each.commit));
}
