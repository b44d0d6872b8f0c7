// Plans runs requested by a person or a timer, in their turn.

import { notLookedAt } from '../../messages/command.ts';
import { broken, superseded } from '../../messages/statuses/run-status.ts';
import type { FinalSentence } from '../../messages/statuses/status.ts';
import { type CommitSha, kindOf, type TargetId } from '../../model/ids.ts';
import type { Plan, PlanStep } from '../../model/plan.ts';
import type { MarkedTarget } from '../../model/target.ts';
import { imperative, verbRow } from '../../model/verbs.ts';
import type { Situation } from '../../plan/command.ts';
import type { Approval, Head, RunDetail, RunRequest } from '../../ports/runs.ts';
import { type Context, isoNow } from '../context.ts';
import { orphansAmong } from '../orphans.ts';
import { changeKeys } from '../review/change-keys.ts';
import { type CommandProposal, proposeCommand } from '../verbs/propose.ts';
import { approvalsOf, planDiffers } from '../verbs/reviewed-plan.ts';
import { situationOf } from '../verbs/situation.ts';
import type { Declared } from './desired-state.ts';
import { gather } from './gather.ts';
import { comesAfter } from './history.ts';
import { runInTheFiles } from './in-the-files.ts';
import { appliesWholeCommit } from './policy-in-force.ts';
import type { Gathered } from './proposal.ts';
import { type Refusal, recordInvalid, recordPlan, recordRefusal } from './record.ts';
import { signatureViolation } from './signed.ts';
import { supersedeOlder } from './supersede.ts';
import { isWaitingHead } from './waiting-heads.ts';

/** In the order of their requests. A run that waits for others is planned in a later reconcile. */
export async function planRequested(context: Context): Promise<void> {
  const open = await context.ledger.openRuns();
  for (const run of open.filter((each) => each.plan === null && !isWaitingHead(each))) {
    const options = { parent: run.request.trace, attributes: { 'phoenix.run': run.id } };
    if (!(await context.tracer.span('plan', options, () => planOne(context, run)))) return;
  }
}

/** Plans a run, or records why it is refused. Resolves to false when it waits for others. */
async function planOne(context: Context, run: RunDetail): Promise<boolean> {
  const { ledger, declared } = context;
  const { request } = run;
  const commit = run.commit as CommitSha;
  const head = await ledger.head();
  const base = (head?.base ?? null) as CommitSha | null;
  const refuse = async (refusal: Refusal): Promise<true> => {
    await recordRefusal(context, request, { ...refusal, run: run.id });
    return true;
  };
  const early = await refusalOfCommit(context, request, commit, base);
  if (early !== null) return refuse(early);
  const declaration = await declared(commit);
  const gathered = await gather(context, declaration, base, request);
  const known = new Map([...gathered.before, ...declaration.targets]);
  const unknown = request.targets?.find((target) => !known.has(target) || !isAbout(request, target, declaration));
  if (unknown !== undefined) return refuse({ sentence: broken(`${unknown} is not declared at this commit`) });
  const older = (await ledger.openRuns()).filter(({ plan }) => plan !== null);
  if (!appliesWholeCommit(request) && older.some(isBusy)) return false;
  const proposal = await propose(context, run, gathered, known);
  if (proposal.kind === 'refused') return refuse({ sentence: broken(proposal.reason) });
  if (proposal.kind === 'invalid') {
    await recordInvalid(context, request, { problems: proposal.problems, run: run.id });
    return true;
  }
  const shown = request.shown === undefined ? null : await ledger.run(request.shown);
  const otherwise = request.shown === undefined ? null : planDiffers(shown, proposal.plan);
  if (otherwise !== null) return refuse({ sentence: broken(otherwise) });
  if (appliesWholeCommit(request) && (await supersedeOlder(context, commit)) !== null) return false;
  const followed = await followedBy(context, run, head);
  const plan = await runInTheFiles(context, proposal.plan, gathered);
  await recordPlan(
    context,
    request,
    { ...proposal, plan },
    {
      base: commit,
      run: run.id,
      approvals: approvalsFor(context, run, proposal.plan, { older, shown }),
      ...(followed === undefined ? {} : { followed }),
    },
  );
  if (followed !== undefined && followed.commit !== head?.commit) await context.queue.requestReconcile();
  return true;
}

/** Why nothing of the commit may be applied, whatever it contains: it is gone, replaced by a newer one, or not signed. */
async function refusalOfCommit(
  context: Context,
  request: RunRequest,
  commit: CommitSha,
  base: CommitSha | null,
): Promise<Refusal | null> {
  const { repository } = context;
  if ((await repository.resolve(commit)) === null) {
    return { sentence: broken('this commit is not in the repository any more') };
  }
  // Stopping or deleting at a person's request does not depend on the commit.
  const bound = !request.rewind && imperative(request.verb) === null;
  if (base && bound && !(await comesAfter(repository, base, commit))) {
    return { state: 'superseded', sentence: superseded(commit, base) };
  }
  if (request.readOnly) return null;
  const unsigned = await signatureViolation(context, base, commit).catch(unreadableRefusal);
  return unsigned === null ? null : { sentence: unsigned };
}

async function propose(
  context: Context,
  run: RunDetail,
  gathered: Gathered,
  known: Situation['targets'],
): Promise<CommandProposal> {
  const situation = await observeSituation(context, run, known);
  if (typeof situation === 'string') return { kind: 'refused', reason: situation };
  const orphans = await orphansFor(context, run, known);
  return withOrphans(proposeCommand(gathered, situation, context.managers), orphans);
}

/** A person can repeat the request once the cause is fixed. */
function unreadableRefusal(error: unknown): FinalSentence {
  return broken(error instanceof Error ? error.message : String(error));
}

/** Resolves to a text when the host cannot be observed: then the effect of the command is unknown. */
async function observeSituation(context: Context, { id, request }: RunDetail, targets: Situation['targets']) {
  if (!verbRow(request.verb).asksTheHost) return { targets, states: new Map(), resting: new Set() } satisfies Situation;
  try {
    return await situationOf(context, id, targets);
  } catch (error) {
    context.log.warn('the host cannot be checked', { run: id, error });
    return notLookedAt(error instanceof Error ? error.message : String(error));
  }
}

/** Drift detection finds orphans too; where the host cannot be observed, the other steps report it. */
async function orphansFor(context: Context, { id, request }: RunDetail, known: Situation['targets']) {
  const all = request.trigger === 'drift' && request.readOnly && request.targets === null;
  if (!all) return [];
  return orphansAmong(context, id, known).catch((error: unknown) => {
    context.log.warn('the host cannot be checked', { run: id, error });
    return [];
  });
}

/** Adds each orphan as a step that only observes. */
function withOrphans(proposal: CommandProposal, orphans: readonly MarkedTarget[]): CommandProposal {
  if (proposal.kind !== 'plan') return proposal;
  const steps = orphans.map(({ target }): PlanStep => {
    const common = { kind: kindOf(target), needs: [], wave: 1, approval: false, approvals: 0, protected: false };
    return { target, verb: 'delete', impact: 'live', changes: [], ...common };
  });
  return { ...proposal, plan: { ...proposal.plan, steps: [...proposal.plan.steps, ...steps] } };
}

/** An applied target that is no longer declared can be deleted, stopped and checked for health; nothing else. */
function isAbout({ verb }: RunRequest, target: TargetId, { targets }: Declared): boolean {
  return imperative(verb) !== null || targets.has(target);
}

function isBusy({ state, steps }: RunDetail): boolean {
  return state !== 'blocked' && steps.some(({ outcome }) => outcome === null);
}

interface RequestedRun {
  readonly older: readonly RunDetail[];
  /** The dry run that a person confirmed. */
  readonly shown: RunDetail | null;
}

/**
 * Unused approvals of the same commit still hold if the change is the one that was shown; a person who was shown what would
 * be done and confirmed it has approved that. A request to start, stop or restart is its own approval; a deletion needs one like any other.
 */
function approvalsFor(context: Context, run: RunDetail, plan: Plan, { older, shown }: RequestedRun): Approval[] {
  const at = isoNow(context);
  const changes = changeKeys(plan);
  const earlier = older
    .filter(({ commit }) => commit === run.commit)
    .flatMap((each) => unusedApprovals(each).filter(({ target, change }) => changes.get(target) === change))
    .map(({ approval }) => approval);
  if (shown !== null) return [...earlier, ...approvalsOf(shown, run.by, at)];
  if (imperative(run.request.verb)?.isApproval !== true) return earlier;
  const awaiting = plan.steps.filter(({ approval }) => approval);
  return [...earlier, ...awaiting.map(({ target }) => ({ target, by: run.by, at }))];
}

/** An approval is used up once its step has begun. */
function unusedApprovals({ plan, steps, approvals }: RunDetail) {
  const changes = plan === null ? new Map<TargetId, string>() : changeKeys(plan);
  const begun = new Set(steps.filter(({ started }) => started !== null).map(({ target }) => target));
  return approvals
    .filter(({ target }) => !begun.has(target))
    .map((approval) => ({ approval, target: approval.target, change: changes.get(approval.target) ?? '' }));
}

/** From here on a new head must descend from this commit, and its earlier refusal is settled. */
async function followedBy({ repository }: Context, run: RunDetail, known: Head | null): Promise<Head | undefined> {
  if (!appliesWholeCommit(run.request) || known === null) return undefined;
  if (known.commit === run.commit) return { ...known, base: run.commit, verdict: 'followed' };
  if (!run.request.rewind) return { ...known, base: run.commit };
  const base = known.base as CommitSha | null;
  const isRewind = base !== null && (await comesAfter(repository, run.commit as CommitSha, base));
  // The head was refused for a history that is accepted now, so it is checked again.
  if (known.verdict === 'refused' && !isRewind) {
    return { commit: run.commit, base: run.commit, verdict: 'followed' };
  }
  return { ...known, base: run.commit, verdict: 'rewound' };
}
