// `phoenix plan`: shows the changes between two commits with order and impact. Only reads Git.

import { load } from '../load/load.ts';
import type { Config } from '../managers/config.ts';
import { allTargets, impactOf } from '../managers/index.ts';
import { inTheFiles } from '../managers/written.ts';
import type { WrittenSide } from '../managers/written-entries.ts';
import { planText } from '../messages/plan.ts';
import { olderProblemText, problemCounts, problemText } from '../messages/problems/problem.ts';
import type { CommitSha, TargetId } from '../model/ids.ts';
import type { Problem } from '../model/problem.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Target } from '../model/target.ts';
import { type Between, planBetween, type Side } from '../plan/between.ts';
import { summary } from '../plan/plan.ts';
import { policyBetween } from '../plan/policy/policy.ts';
import { colours, EXIT, type Io } from './io.ts';
import { commitAt, commitSource, repositoryAt, SourceFailure, sourceSettings } from './source.ts';

export interface PlanArgs {
  /** Folder in or of a Git repository; the current folder when undefined. */
  readonly path?: string | undefined;
  /** The applied revision, or `none`. */
  readonly from: string;
  /** The revision to apply. */
  readonly to: string;
  /** The config root inside it; default: detected. */
  readonly root?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Resolves to the exit code: 0, 1 for new errors, 2 for a missing revision or folder. */
export async function plan(args: PlanArgs, io: Io): Promise<number> {
  let from: Declared;
  let to: Declared;
  try {
    [from, to] = await declaredAt(args, io);
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    io.stderr(`phoenix plan: ${error.message}\n${error.hint === null ? '' : `${error.hint}\n`}`);
    return error.exit;
  }
  if (from.commit !== null && from.config === null) {
    io.stderr(`phoenix plan: ${args.from} cannot be read, so this is the plan from nothing\n`);
  }
  const policy = policyBetween(from.config?.hypervisor.policy, to.config?.hypervisor.policy);
  const between = planBetween(side(from), side(to), { impact: impactOf, policy });
  const made = { ...between, plan: inTheFiles(between.plan, inFiles(from), inFiles(to)) };
  if (args.json) io.verbatim(`${JSON.stringify(answer(made), replaceAbsent, 2)}\n`);
  else io.stdout(text(made, colours(io, 'stdout')));
  return made.ok ? EXIT.done : EXIT.no;
}

interface Declared {
  /** Null for `none`. */
  readonly commit: CommitSha | null;
  /** Null if unreadable. */
  readonly config: Config | null;
  readonly targets: ReadonlyMap<TargetId, Target>;
  readonly problems: readonly Problem[];
  readonly files: Snapshot['files'];
}

function inFiles({ config, files }: Declared): WrittenSide | null {
  return config === null ? null : { config, files };
}

function side({ commit, config, targets, problems }: Declared): Side {
  return { commit, readable: config !== null, targets, problems };
}

const NOTHING: Declared = { commit: null, config: null, targets: new Map(), problems: [], files: new Map() };

async function declaredAt(args: PlanArgs, { env }: Io): Promise<[Declared, Declared]> {
  const repository = await repositoryAt(args.path ?? '.');
  const settings = sourceSettings({ env });
  const root = args.root ?? settings.root;
  const declared = async (revision: string, before: Config | null): Promise<Declared> => {
    const commit = await commitAt(repository, revision);
    const snapshot = await commitSource(repository, commit, root);
    const { config, draft, problems } = load(snapshot, { ...settings, before });
    const readable = config ?? draft;
    const targets = readable === null ? new Map() : allTargets(readable);
    return { commit, config: readable, targets, problems, files: snapshot.files };
  };
  const from = args.from === 'none' ? NOTHING : await declared(args.from, null);
  return [from, await declared(args.to, from.config)];
}

/** The documented JSON, with additional fields: `protected`, `held` and `name` of each step, and the sources of derived settings. */
function answer({ plan: { from, to, steps }, problems, held, ok }: Between) {
  return {
    from,
    to,
    ok,
    problems,
    steps: steps.map(({ written, derived, changes, ...step }) => ({
      ...step,
      held: held.includes(step.target),
      changes: written ?? changes,
      ...(derived === true ? { derived: changes } : {}),
    })),
    summary: summary({ from, to, steps }),
  };
}

/** Absent values are written as null. */
function replaceAbsent(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('path' in value) || !('before' in value)) return value;
  return { ...value, before: value.before ?? null, after: ('after' in value ? value.after : null) ?? null };
}

function text({ plan, problems, held, ok }: Between, colour: boolean): string {
  const shown = problems.filter((problem) => problem.new || problem.severity === 'error');
  const lines = shown.map((problem) => `${problem.new ? problemText(problem) : olderProblemText(problem)}\n`);
  const hidden = problems.length - shown.length;
  const note = hidden === 0 ? '' : ` (${hidden} older ${hidden === 1 ? 'warning' : 'warnings'} not shown)`;
  const counts = problems.length === 0 ? '' : `${problemCounts(problems)}${note}\n\n`;
  const refused = ok ? '' : '\nRefused: the commit brings errors, so nothing of it would be applied.\n';
  return `${lines.join('')}${counts}${planText(plan, { held: new Set(held), colours: colour })}${refused}`;
}
