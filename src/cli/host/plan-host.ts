// `phoenix plan --host`: compares a folder's configuration with a host, read-only. The managers decide what differs; the fields are compared with
// what an import of the host would write.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { memoizedReader } from '../../agent/apply/inventories.ts';
import { load } from '../../load/load.ts';
import type { Config } from '../../managers/config.ts';
import type { FoundObject } from '../../managers/importer.ts';
import { allTargets, KINDS } from '../../managers/index.ts';
import { inTheFiles } from '../../managers/written.ts';
import type { WrittenSide } from '../../managers/written-entries.ts';
import { problemCounts, problemText } from '../../messages/problems/problem.ts';
import { AT_WORK } from '../../messages/terminal/at-work.ts';
import { hostPlanText } from '../../messages/terminal/host-plan.ts';
import { kindOf, type TargetId } from '../../model/ids.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { Problem } from '../../model/problem.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Target } from '../../model/target.ts';
import { makePlan, summary } from '../../plan/plan.ts';
import { guarded } from '../../plan/policy/policy.ts';
import { hideSecrets } from '../../plan/secret.ts';
import { colours, EXIT, type Io, noteProgress } from '../io.ts';
import { configFolder, folderSource, SourceFailure, sourceSettings } from '../source.ts';
import { absentTargets, type Compared, compareTargets } from './compare.ts';
import { type KindObservations, observeKinds, secretsFolder } from './observe-kinds.ts';
import { explainUnreachable, type OpenReadOnly, openReadOnly, readOnlySettings } from './open.ts';
import { snapshotOf } from './written-snapshot.ts';

export interface PlanHostArgs {
  /** Folder of the configuration; the current one when undefined. */
  readonly path?: string | undefined;
  /** `local` or `ssh://user@host`. */
  readonly host: string;
  readonly root?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface HostPlan {
  readonly plan: Plan;
  /** Planned actions of a step, or why there are none. */
  readonly differences: ReadonlyMap<TargetId, Compared & { readonly kind: 'differs' }>;
  /** As declared but without Phoenix's mark: `phoenix adopt` sets it. */
  readonly marks: readonly TargetId[];
  readonly unknown: readonly { readonly target: TargetId; readonly reason: string }[];
  readonly undeclared: readonly FoundObject[];
}

/**
 * Resolves to the exit code: 0, 1 for configuration errors or unreadable targets, 2 without a configuration.
 * @throws SourceFailure for a host that cannot be named so, before the configuration is read
 */
export async function planHost(args: PlanHostArgs, io: Io, open: OpenReadOnly = openReadOnly): Promise<number> {
  readOnlySettings(args.host, io);
  let snapshot: Snapshot;
  let folder: string;
  try {
    const settings = sourceSettings(io);
    const path = args.path ?? '.';
    snapshot = await folderSource(path, args.root ?? settings.root);
    folder = await configFolder(path);
  } catch (error) {
    if (!(error instanceof SourceFailure)) throw error;
    io.stderr(`phoenix plan: ${error.message}\n${error.hint === null ? '' : `${error.hint}\n`}`);
    return error.exit;
  }
  const { config, problems } = load(snapshot, sourceSettings(io));
  if (config === null) return refused(args, problems, io);
  const { host, commands } = await open(args.host, io, (id) => blobOf(snapshot, folder, id));
  noteProgress(io, AT_WORK.looksAt(args.host));
  try {
    const reader = memoizedReader(host);
    const around = await observeKinds(reader);
    const targets = guarded(allTargets(config), config.hypervisor.policy);
    const compared = await compareTargets(host, reader, targets);
    const made = planOf({ config, files: snapshot.files }, targets, compared, around, io);
    if (args.json) io.verbatim(`${JSON.stringify(answer(args.host, made, problems, commands()), null, 2)}\n`);
    else {
      if (problems.length > 0) io.stdout(`${problemCounts(problems)}; phoenix validate shows them\n\n`);
      io.stdout(hostPlanText(made, { colours: colours(io, 'stdout'), commands: commands() }));
    }
    return made.unknown.length === 0 ? EXIT.done : EXIT.no;
  } catch (error) {
    throw explainUnreachable(error, args.host);
  } finally {
    await host.close();
  }
}

/** Steps for the differences, with declared and observed fields. */
function planOf(
  to: WrittenSide,
  targets: ReadonlyMap<TargetId, Target>,
  compared: readonly Compared[],
  around: KindObservations,
  io: Pick<Io, 'env'>,
): HostPlan {
  const differences = new Map(compared.flatMap((one) => (one.kind === 'differs' ? [[one.target, one] as const] : [])));
  const observed = observedSide(around, to.config, io);
  const seen = observed === null ? new Map<TargetId, Target>() : allTargets(observed.config);
  const absent = absentTargets(targets, compared);
  const before = new Map<TargetId, Target>();
  const after = new Map<TargetId, Target>();
  for (const [id, target] of targets) {
    const difference = differences.get(id);
    after.set(id, target);
    if (difference === undefined) before.set(id, target);
    else if (!absent.has(id)) before.set(id, asSeen(target, seen.get(id)));
  }
  const made = makePlan({
    from: null,
    to: 'declared',
    before,
    after,
    also: new Set(differences.keys()),
    impact: ({ target }) => differences.get(target)?.impact ?? 'live',
    policy: to.config.hypervisor.policy,
  });
  const steps = made.kind === 'plan' ? made.plan.steps.filter(({ target }) => differences.has(target)) : [];
  const plan = inTheFiles(hideSecrets({ from: null, to: 'declared', steps: steps.map(costly) }), observed, to);
  return {
    plan: { ...plan, steps: plan.steps.map(onlyDeclared) },
    differences,
    marks: compared.flatMap((one) => (one.kind === 'same' && one.mark ? [one.target] : [])),
    unknown: compared.flatMap((one) => (one.kind === 'unknown' ? [{ target: one.target, reason: one.reason }] : [])),
    undeclared: around.undeclared(to.config),
  };

  /** Even without changed fields. */
  function costly(step: PlanStep): PlanStep {
    return { ...step, impact: differences.get(step.target)?.impact ?? step.impact };
  }
}

/** Unobservable fields count as declared; an unobserved target counts as absent. */
function asSeen(declared: Target, seen: Target | undefined): Target {
  if (seen === undefined) return { ...declared, spec: {} };
  const importer = KINDS.find(({ kind }) => kind === kindOf(declared.id))?.imports;
  const untold = (importer?.unreadableFields ?? []).filter((field) => field in declared.spec);
  const fields = Object.fromEntries(untold.map((field) => [field, declared.spec[field]]));
  return { ...declared, spec: { ...seen.spec, ...fields } };
}

/** Undeclared fields are ignored. */
function onlyDeclared(step: PlanStep): PlanStep {
  const isDeclared = ({ after }: { readonly after: unknown }) => after !== undefined && after !== null;
  const { written, changes } = step;
  return {
    ...step,
    changes: changes.filter(isDeclared),
    ...(written === undefined ? {} : { written: written.filter(isDeclared) }),
  };
}

/** The configuration that an import would write; null if invalid. With the declared domain. */
function observedSide(around: KindObservations, declared: Config, io: Pick<Io, 'env'>): WrittenSide | null {
  const { files, texts } = around.written('all', secretsFolder(sourceSettings(io)));
  const host = { domain_name: declared.hypervisor.domain };
  const path = declared.hypervisor.writtenAt.file;
  const snapshot = snapshotOf({ ...files, [path]: { ...host, ...files[path], ...host } }, texts);
  const { draft } = load(snapshot, sourceSettings(io));
  return draft === null ? null : { config: draft, files: snapshot.files };
}

function refused(args: PlanHostArgs, problems: readonly Problem[], io: Io): number {
  if (args.json) {
    const none = { steps: [], summary: { create: 0, update: 0, delete: 0 }, marks: [], unknown: [], undeclared: [] };
    const listed = problems.map((problem) => ({ ...problem, new: true }));
    io.stdout(
      `${JSON.stringify({ host: args.host, to: null, ok: false, problems: listed, ...none, commands: 0 }, null, 2)}\n`,
    );
  } else {
    for (const problem of problems) io.stdout(`${problemText(problem)}\n`);
    io.stdout(`${problemCounts(problems)}; the host was not read\n`);
  }
  return EXIT.no;
}

function answer(host: string, made: HostPlan, problems: readonly Problem[], commands: number) {
  const { plan, differences, marks, unknown, undeclared } = made;
  return {
    host,
    to: null,
    ok: unknown.length === 0,
    problems: problems.map((problem) => ({ ...problem, new: true })),
    steps: plan.steps.map(({ written, derived, changes, ...step }) => ({
      ...step,
      changes: (written ?? changes).map((change) => ({ ...change, before: change.before ?? null })),
      ...(derived === true ? { derived: changes } : {}),
      actions: differences.get(step.target)?.actions ?? [],
      reason: differences.get(step.target)?.reason ?? null,
    })),
    summary: summary(plan),
    marks,
    unknown,
    undeclared,
    commands,
  };
}

/** Reads a folder's file by blob id, only when needed. */
async function blobOf(snapshot: Snapshot, folder: string, id: string): Promise<Uint8Array> {
  const path = [...snapshot.files].find(([, { blob }]) => blob === id)?.[0];
  if (path === undefined) throw new Error(`no file of ${folder} has the content ${id}`);
  return readFile(join(folder, snapshot.root, path));
}
