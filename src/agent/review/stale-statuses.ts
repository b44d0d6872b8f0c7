// No status stays pending for ever: what reads pending at the forge and belongs to nothing that goes on gets its end. What the ledger
// knows of it is what is written; only of what it knows nothing is it said that the end is not known.

import {
  APPLY_CONTEXT,
  broken,
  ended,
  type FinalSentence,
  interrupted,
  invalid,
  statusAlone,
  stepContext,
  stepEnded,
  superseded,
} from '../../messages/status.ts';
import type { CommitSha, TargetId } from '../../model/ids.ts';
import type { CommitStatus } from '../../model/report.ts';
import type { Forge } from '../../ports/forge.ts';
import type { RunDetail } from '../../ports/runs.ts';
import type { Context } from '../context.ts';

/** Runs among which one is looked for that speaks for a commit. */
const RECENT_RUNS = 500;
/** Commits behind the head that are asked about when the ledger was lost. */
const COMMITS_BACK = 20;

export async function settlePending(context: Context, forge: Forge): Promise<void> {
  const { ledger, memory, queue, clock } = context;
  const head = (await ledger.head())?.commit as CommitSha | undefined;
  // Before the first commit nothing was said, and after a lost ledger the first reconcile comes first.
  if (head === undefined) return;
  const isFirst = !memory.pendingSettled;
  // What an older version said is in no list yet.
  if (isFirst) await ledger.listPending();
  const ends = await staleStatuses(context, head);
  if (isFirst && memory.beganAfresh) ends.push(...(await unspoken(context, forge, head)));
  await ledger.say(ends);
  const again = await ledger.sayLateAgain(clock.now().getTime());
  if (ends.length + again > 0) await queue.requestReport();
  memory.pendingSettled = true;
}

/**
 * What the ledger knows to read pending though what it tells of is over. Looked at before and after that was asked: the end of a run is
 * written together with its last word, so what reads pending after its end was left behind, or was given up by a forge that did not
 * take it.
 */
async function staleStatuses(context: Context, head: string): Promise<CommitStatus[]> {
  const { ledger } = context;
  const before = await ledger.saidPending();
  const over: CommitStatus[] = [];
  for (const each of before) {
    const end = await endOf(context, each, head);
    if (end !== null) over.push({ ...each, ...end });
  }
  if (over.length === 0) return [];
  const still = new Set((await ledger.saidPending()).map(keyOf));
  return over.filter((each) => still.has(keyOf(each)));
}

/** Null while it goes on. */
async function endOf(context: Context, said: CommitStatus, head: string): Promise<FinalSentence | null> {
  const { ledger } = context;
  if (said.about?.kind === 'run') {
    const { run: id, target } = said.about;
    const run = await ledger.runProgress(id);
    if (run !== null) return endIn(run, target) ?? (run.ended === null ? null : interrupted(said.commit));
  }
  if ((await goingOn(context)).has(said.commit)) return null;
  const run = await newestRunOf(context, said);
  const target = targetOf(said);
  if (run !== null) return endIn(run, target) ?? (run.ended === null ? null : interrupted(said.commit));
  // It never began: nothing was recorded of it when another took its place.
  return said.context === APPLY_CONTEXT && said.commit !== head ? superseded(head) : interrupted(said.commit);
}

/** As it was said, or should have been; null where the run holds no end of it. */
function endIn(run: RunDetail, target: TargetId | null): FinalSentence | null {
  if (target !== null) {
    const step = run.steps.find((each) => each.target === target);
    return step?.outcome == null ? null : stepEnded(step.outcome, step.reason);
  }
  if (run.ended === null) return null;
  if (run.plan === null) return run.problems.length > 0 ? invalid(run.problems) : broken(run.reason ?? run.state);
  const taken = run.steps.some(({ outcome }) => outcome === 'superseded');
  if (taken && run.supersededBy !== null) return superseded(run.supersededBy);
  return run.steps.every(({ outcome }) => outcome !== null) ? ended(run.id, run.steps) : null;
}

function targetOf({ about, context }: CommitStatus): TargetId | null {
  if (about?.kind === 'run') return about.target;
  const name = context.slice(stepContext('' as TargetId).length);
  return name.includes('/') ? (name as TargetId) : null;
}

/** The last that spoke, or could have spoken, in that context. */
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

/** What reads pending at the forge on commits before the head that this ledger knows nothing of. */
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
