// `phoenix rehearse`: applies a configuration to a lab host, then again, which must change nothing.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openContents } from '../../io/host/content.ts';
import { openRedactor } from '../../io/redact.ts';
import { openSecrets } from '../../io/secrets.ts';
import { load } from '../../load/load.ts';
import type { Config } from '../../managers/config.ts';
import { allTargets, impactOf } from '../../managers/index.ts';
import { problemCounts, problemText } from '../../messages/problems/problem.ts';
import { AT_WORK } from '../../messages/terminal/at-work.ts';
import { initialFailures, rehearsalStep, rehearsalSummary } from '../../messages/terminal/rehearsal.ts';
import type { TargetId } from '../../model/ids.ts';
import type { Plan } from '../../model/plan.ts';
import { DEFAULT_POLICY, type Policy } from '../../model/policy.ts';
import type { Problem } from '../../model/problem.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Target } from '../../model/target.ts';
import { makePlan } from '../../plan/plan.ts';
import { guarded, policyBetween } from '../../plan/policy/policy.ts';
import { PRODUCT } from '../../product.ts';
import { colours, EXIT, type Io, noteProgress } from '../io.ts';
import {
  commitAt,
  commitSource,
  configFolder,
  folderSource,
  repositoryAt,
  SourceFailure,
  sourceSettings,
} from '../source.ts';
import { carryOutPlan, type RecordingHost, type Rehearsed, recordingHost } from './carry-out-plan.ts';
import { openLabHere } from './lab-host.ts';
import { supplyLab } from './supply-lab.ts';
import { supplySecrets } from './supply-secrets.ts';

export interface RehearseArgs {
  /** Folder or Git repository; the current folder when undefined. */
  readonly path?: string | undefined;
  /** The initial state; default: an empty host. */
  readonly from?: string | undefined;
  /** What is applied; default: the folder's current content. */
  readonly to?: string | undefined;
  /** The config root inside it; default: detected. */
  readonly root?: string | undefined;
  /** Execute destructive steps instead of leaving them waiting. */
  readonly approve?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** A configuration with access to its script files. */
interface Source {
  readonly snapshot: Snapshot;
  readonly blob: (id: string) => Promise<Uint8Array>;
}

type Targets = ReadonlyMap<TargetId, Target>;

const NOTHING: Targets = new Map();

/** Resolves to the exit code: 0 if every step was applied and the second pass changed nothing, 1 otherwise, 2 without a configuration. */
export async function rehearse(args: RehearseArgs, io: Io): Promise<number> {
  let sources: { readonly from: Source | null; readonly to: Source };
  try {
    sources = await sourcesOf(args, io);
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    io.stderr(`phoenix rehearse: ${error.message}\n${error.hint === null ? '' : `${error.hint}\n`}`);
    return error.exit;
  }
  const settings = sourceSettings(io);
  const from = sources.from === null ? null : load(sources.from.snapshot, settings);
  const to = load(sources.to.snapshot, { ...settings, before: from?.draft ?? null });
  if (to.config === null || (from !== null && from.draft === null)) {
    const problems = to.config === null ? to.problems : (from?.problems ?? []);
    return refused(problems, args, io);
  }
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-rehearsal-'));
  try {
    return await onLab(folder, { from: from?.draft ?? null, to: to.config, sources }, args, io);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Two configurations and where they were read. */
interface Change {
  readonly from: Config | null;
  readonly to: Config;
  readonly sources: { readonly from: Source | null; readonly to: Source };
}

async function onLab(folder: string, change: Change, args: RehearseArgs, io: Io): Promise<number> {
  const { from, to, sources } = change;
  const standIns: Record<string, string> = {};
  const encrypted: Record<string, string> = {};
  for (const config of [from, to]) {
    if (config === null) continue;
    supplyLab(folder, config);
    const supplied = supplySecrets(folder, config);
    Object.assign(standIns, supplied.environment);
    Object.assign(encrypted, supplied.encrypted);
  }
  const blob = async (id: string) =>
    sources.to.blob(id).catch((error) => sources.from?.blob(id) ?? Promise.reject(error));
  const redactor = openRedactor();
  const secrets = openSecrets({
    environment: standIns,
    redactor,
    bounds: sourceSettings(io).secrets,
    blob,
    openSops: async (_file, path) => encrypted[path] ?? '',
  });
  const contents = openContents({ repository: { blob }, secrets, product: PRODUCT });
  const host = openLabHere(folder, { node: 'pve', contents, redactor });
  try {
    return await applyTwice(recordingHost(host), change, args, io);
  } finally {
    await host.close();
  }
}

/** Applies the change, then everything again. */
async function applyTwice(
  recording: RecordingHost,
  { from, to, sources }: Change,
  args: RehearseArgs,
  io: Io,
): Promise<number> {
  const policy = policyBetween(from?.hypervisor.policy, to.hypervisor.policy);
  const began = from === null ? NOTHING : guarded(allTargets(from), policy);
  const goal = guarded(allTargets(to), policy);
  const origin = { repository: args.path ?? '.', commit: sources.to.snapshot.commit ?? 'rehearsal' };
  const settings = { origin, rollback: to.hypervisor.behavior.rollbackOnFailure, approved: args.approve === true };
  const carryOut = (plan: Plan, before: Targets, after: Targets, onStep: (step: Rehearsed) => void = () => {}) =>
    carryOutPlan(recording, { plan, before, after, ...settings }, onStep);

  // The initial state needs no approval.
  const initial = await carryOut(planned(NOTHING, began, DEFAULT_POLICY), NOTHING, began);
  const missing = initial.filter((step) => !wentWell(step));
  io.stderr(initialFailures(missing));
  recording.forget();
  const plan = planned(began, goal, policy);
  const width = Math.max(0, ...plan.steps.map(({ target }) => target.length));
  noteProgress(io, AT_WORK.rehearses);
  const show = args.json ? io.stderr : io.stdout;
  const outcomes = await carryOut(plan, began, goal, (step) =>
    show(rehearsalStep(step, width, colours(io, args.json ? 'stderr' : 'stdout'))),
  );
  const { commands, files } = recording.taken();
  // Steps without approval wait again; everything else must be unchanged.
  noteProgress(io, AT_WORK.rehearsesAgain);
  const second = await carryOut(planned(goal, goal, policy, new Set(goal.keys())), goal, goal);
  const actions = second.reduce((sum, step) => sum + step.actions, 0);
  const ok = [...outcomes, ...second].every(wentWell) && actions === 0;
  if (args.json) {
    const answer = { ok, initial: missing, outcomes, commands, files, second: { actions }, problems: [] };
    io.verbatim(`${JSON.stringify(answer, null, 2)}\n`);
  } else {
    io.stdout(rehearsalSummary({ outcomes, commands: commands.length, second: actions }));
  }
  return ok ? EXIT.done : EXIT.no;
}

function wentWell({ outcome }: Rehearsed): boolean {
  return outcome === 'applied' || outcome === 'unchanged';
}

/** Cycles were already rejected by validation. */
function planned(before: Targets, after: Targets, policy: Policy, also: ReadonlySet<TargetId> = new Set()): Plan {
  const made = makePlan({ from: null, to: 'rehearsal', before, after, also, impact: impactOf, policy });
  if (made.kind === 'cycle') throw new Error(`${made.cycle.join(' needs ')}: these targets need each other`);
  return made.plan;
}

function refused(problems: readonly Problem[], args: RehearseArgs, io: Io): number {
  if (args.json) {
    const nothing = { initial: [], outcomes: [], commands: [], files: [], second: { actions: 0 } };
    io.verbatim(`${JSON.stringify({ ok: false, ...nothing, problems }, null, 2)}\n`);
  } else {
    for (const problem of problems) io.stdout(`${problemText(problem)}\n`);
    io.stdout(`${problemCounts(problems)}; nothing was applied\n`);
  }
  return EXIT.no;
}

async function sourcesOf(args: RehearseArgs, { env }: Io) {
  const path = args.path ?? '.';
  const root = args.root ?? sourceSettings({ env }).root;
  const atCommit = async (revision: string): Promise<Source> => {
    const repository = await repositoryAt(path);
    const snapshot = await commitSource(repository, await commitAt(repository, revision), root);
    return { snapshot, blob: repository.blob };
  };
  const asItIs = async (): Promise<Source> => {
    const [snapshot, folder] = [await folderSource(path, root), await configFolder(path)];
    const paths = new Map(
      [...snapshot.files].map(([file, { blob }]) => [blob as string, join(folder, snapshot.root, file)]),
    );
    const blob = async (id: string) => {
      const file = paths.get(id);
      if (file === undefined) throw new Error(`no file of ${path} has the content ${id}`);
      return readFile(file);
    };
    return { snapshot, blob };
  };
  return {
    from: args.from === undefined || args.from === 'none' ? null : await atCommit(args.from),
    to: args.to === undefined ? await asItIs() : await atCommit(args.to),
  };
}
