// Gathers the data of the front page and the run pages from ledger and agent before rendering.

import { allFaults } from '../agent/http/lacking.ts';
import { HOST_WITHIN_MS, orNull } from '../agent/http/outside.ts';
import { type Overview, type OverviewInput, overviewOf } from '../agent/http/overview.ts';
import { targetsJson } from '../agent/http/run-json.ts';
import type { CommitSha, RunId, TargetId } from '../model/ids.ts';
import type { Run, StepRecord } from '../model/run.ts';
import { hideSecrets } from '../plan/secret.ts';
import type { RunDetail } from '../ports/runs.ts';
import type { LogTail } from './html/log.ts';
import type { Front } from './html/needs-you.ts';
import type { RunView } from './html/run.ts';
import { commitsOf, namesOf, type PageSources, RUNS_LOOKED_AT } from './sources.ts';

/** Runs per page of the list. */
const RUNS_LISTED = 40;
/** Output lines per step on the run page. */
const TAIL_LINES = 40;
/** Maximum number of detailed steps on the run page; every step has its own page. */
const DETAILS_AT_MOST = 100;
/** Output lines on the step page. */
const STEP_LINES = 2_000;

/** @param before list runs before this one; null: from the newest */
export async function gatherFront(sources: PageSources, before: RunId | null): Promise<Front> {
  const { ledger, agent, clock } = sources;
  const paged = before !== null;
  const [head, frozen, open, runs] = await Promise.all([
    ledger.head(),
    ledger.frozen(),
    ledger.openRuns(),
    ledger.runs(paged ? RUNS_LISTED + 1 : RUNS_LOOKED_AT, before ?? undefined),
  ]);
  const shown = runs.slice(0, RUNS_LISTED);
  const older = runs.length > shown.length ? (shown.at(-1)?.id ?? null) : null;
  const now = clock.now();
  const [commits, overview, names] = await Promise.all([
    commitsOf(sources, shown),
    paged ? null : overviewNow(sources, { head, open, runs, now }),
    namesOf(agent),
  ]);
  const refusal = overview?.refused == null ? null : await refusalOf(sources, overview.refused.commit, runs);
  return { head, frozen, open, runs: shown, searched: runs, refusal, commits, older, overview, names, now };
}

/** The newest run for a commit that was not taken. One that only looks, such as a dry run, refuses none. */
async function refusalOf(
  { ledger, agent }: PageSources,
  commit: string,
  runs: readonly Run[],
): Promise<Front['refusal']> {
  const known = runs.find((run) => run.commit === commit && !run.readOnly);
  const run = known === undefined ? null : await ledger.run(known.id);
  if (run === null) return null;
  const root = run.problems.length === 0 ? null : await orNull(agent.root(commit as CommitSha));
  return { run: withoutSecrets(run, new Set()), root };
}

async function overviewNow(
  { ledger, agent }: PageSources,
  { runs, ...rest }: Pick<OverviewInput, 'head' | 'open' | 'now'> & { readonly runs: readonly Run[] },
): Promise<Overview> {
  const [records, faults, away, reports, known, orphans, certificates] = await Promise.all([
    ledger.targets(),
    agent.faults(),
    ledger.nodesAway(),
    ledger.reportsHeld(),
    orNull(agent.known(HOST_WITHIN_MS)),
    orNull(agent.orphans()),
    orNull(agent.certificates()),
  ]);
  const all = allFaults(faults, away, reports);
  return overviewOf({ ...rest, targets: targetsJson(records, runs, known), orphans, certificates, faults: all });
}

/** Null for an unknown run. */
export async function gatherRun(sources: PageSources, id: RunId): Promise<RunView | null> {
  const { ledger } = sources;
  const run = await ledger.run(id);
  if (run === null) return null;
  const shown = mostRelevantFirst(run.steps).slice(0, DETAILS_AT_MOST);
  const begun = shown.filter(({ started }) => started !== null);
  const [logs, successor, commits, root] = await Promise.all([
    Promise.all(begun.map(async ({ target }) => [target, await tailOf(ledger, id, target, TAIL_LINES)] as const)),
    successorOf(ledger, run),
    commitsOf(sources, [run]),
    run.problems.length === 0 ? null : orNull(sources.agent.root(run.commit as CommitSha)),
  ]);
  const detailed = new Set(shown.map(({ target }) => target));
  const commit = commits?.get(run.commit) ?? null;
  return { run: withoutSecrets(run, detailed), detailed, logs: new Map(logs), successor, commit, root };
}

/** Null for an unknown run; without steps if it has none for the target. */
export async function gatherStep({ ledger }: PageSources, id: RunId, target: TargetId): Promise<RunView | null> {
  const [run, tail] = await Promise.all([ledger.runStep(id, target), tailOf(ledger, id, target, STEP_LINES)]);
  if (run === null) return null;
  const only = new Set([target]);
  return {
    run: withoutSecrets(run, only),
    detailed: only,
    logs: new Map([[target, tail]]),
    successor: null,
    commit: null,
    root: null,
  };
}

/** Orders running and failed steps first, then those with effect. */
function mostRelevantFirst(steps: readonly StepRecord[]): readonly StepRecord[] {
  const rank = ({ outcome, started }: StepRecord) => {
    if (started !== null && outcome === null) return 0;
    if (outcome === 'failed') return 1;
    return started !== null || outcome === 'blocked' ? 2 : 3;
  };
  return steps.toSorted((a, b) => rank(a) - rank(b));
}

async function tailOf(ledger: PageSources['ledger'], run: RunId, target: TargetId, most: number): Promise<LogTail> {
  const { lines, next } = await ledger.readLog(run, target, -most);
  return { lines, printed: next };
}

/** The first known newer run for the superseding commit. One that only looks, such as a dry run, supersedes none. */
async function successorOf(ledger: PageSources['ledger'], { id, supersededBy }: RunDetail): Promise<RunId | null> {
  if (supersededBy === null) return null;
  const newer = (await ledger.runs(RUNS_LOOKED_AT)).filter((run: Run) => Number(run.id) > Number(id));
  return newer.findLast(({ commit, readOnly }) => commit === supersededBy && !readOnly)?.id ?? null;
}

/** @param shown steps whose fields are kept */
function withoutSecrets(run: RunDetail, shown: ReadonlySet<TargetId>): RunDetail {
  if (run.plan === null) return run;
  const steps = run.plan.steps.map((step) => (shown.has(step.target) ? step : { ...step, changes: [] }));
  return { ...run, plan: hideSecrets({ ...run.plan, steps }) };
}
