// What people ask on the forge, by a button of a check or a comment under a pull request: done for those who may push to the
// repository, and answered. A button stays where it is, so a refusal is logged; under a comment it is said.

import type { TargetId } from '../../model/ids.ts';
import { mayApprove, policyOf } from '../../plan/policy.ts';
import { waitingSteps } from '../../plan/waiting.ts';
import type { Ask, AskEvent, Delivery } from '../../ports/deliveries.ts';
import { ForgeFailure } from '../../ports/forge-failure.ts';
import type { Forge } from '../../ports.ts';
import { ASKED, pullMarkdown } from '../../say/details/pull.ts';
import { policyForbids } from '../../say/refusal.ts';
import { DRIFT_CONTEXT, PLAN_CONTEXT, runUrl, toPull } from '../../say/status.ts';
import { type Context, isoNow } from '../context.ts';
import { followed, open } from '../open-run.ts';
import { approve, replay } from '../operations.ts';
import { Refused } from '../refused.ts';
import { aheadKeys } from './ahead.ts';
import { mergeOf } from './merged.ts';

type Asked = Delivery & AskEvent;

/** Resolves to the pull requests that are to be planned afresh. Whatever fails for want of the forge is tried again. */
export async function answerAsks(
  context: Context,
  forge: Forge,
  deliveries: readonly Delivery[],
): Promise<ReadonlySet<number>> {
  const forced = new Set<number>();
  for (const delivery of deliveries) {
    if (delivery.kind !== 'ask') continue;
    const said = await answer(context, forge, delivery, forced);
    const pull = pullOf(delivery.ask);
    // Where there are no checks, a plan that was made afresh is the answer itself.
    const answered = delivery.ask.what === 'plan' && forced.has(delivery.ask.pull) && !forge.checks;
    if (pull !== null && !answered) await reply(context, pull, said);
    context.log.info('asked on the forge', { by: delivery.by, ask: delivery.ask.what, answer: said });
    await context.ledger.settleDeliveries([delivery.id], []);
  }
  return forced;
}

async function answer(context: Context, forge: Forge, { ask, by }: Asked, forced: Set<number>): Promise<string> {
  const may = await mayAsk(forge, by);
  if (may !== true) return may === false ? ASKED.mayNot(by) : ASKED.unknown(by, may);
  try {
    switch (ask.what) {
      case 'plan':
        forced.add(ask.pull);
        return ASKED.planned();
      case 'replay':
        return ASKED.replays(await replayed(context, ask.commit ?? (await mergedAs(forge, ask.pull)), by));
      case 'again':
        return await again(context, ask.commit, ask.context, by, forced);
      case 'approve':
        return await approved(context, ask, by);
      default:
        return ask satisfies never;
    }
  } catch (error) {
    if (error instanceof Refused) return ASKED.refused(error.message);
    throw error;
  }
}

/** Why it cannot be told, where a person has to put something right first. */
async function mayAsk(forge: Forge, by: string): Promise<boolean | string> {
  try {
    return await forge.mayWrite(by);
  } catch (error) {
    if (error instanceof ForgeFailure && error.retryAfterSeconds === null) return error.message;
    throw error;
  }
}

async function replayed(
  context: Context,
  commit: string,
  by: string,
  targets: readonly TargetId[] = [],
): Promise<string> {
  const run = await replay(context, { commit, targets, by });
  return runUrl(context.options.publicUrl, run) ?? `run ${run}`;
}

/** What the pull request became. @throws Refused while it is not merged */
async function mergedAs(forge: Forge, pull: number): Promise<string> {
  const commit = (await forge.pull(pull))?.mergedAs;
  if (!commit) throw new Refused('this is not merged; there is nothing to replay');
  return commit;
}

/** A check's own button: the plan of a pull request, a look, or the commit, or one target of it. */
async function again(
  context: Context,
  commit: string,
  name: string | null,
  by: string,
  forced: Set<number>,
): Promise<string> {
  const { ledger } = context;
  const pulls = [...(await ledger.pulls())].filter(([, as]) => as.startsWith(`${commit} `)).map(([pull]) => pull);
  if (name === PLAN_CONTEXT || (name === null && pulls.length > 0)) {
    for (const pull of pulls) forced.add(pull);
    return ASKED.planned();
  }
  if (name === DRIFT_CONTEXT) {
    const request = { trigger: 'drift', by, targets: null, rewind: false, readOnly: true } as const;
    return ASKED.replays(`run ${await open(context, { commit: await followed(context), ...request })}`);
  }
  const target = /^phoenix\/([a-z]+\/.+)$/.exec(name ?? '')?.[1] as TargetId | undefined;
  return ASKED.replays(await replayed(context, commit, by, target === undefined ? [] : [target]));
}

type Approve = Extract<Ask, { what: 'approve' }>;

/** In the run that was named, else in those where the targets wait; ahead of time where the pull request is still open. */
async function approved(context: Context, { run, targets, pull }: Approve, by: string): Promise<string> {
  const { ledger } = context;
  const runs = run === null ? await ledger.openRuns() : [await ledger.run(run)].filter((each) => each !== null);
  const waiting = runs.flatMap((each) => waitingSteps(each).map((target) => ({ run: each.id, target })));
  const chosen = targets.length === 0 ? waiting : waiting.filter(({ target }) => targets.includes(target));
  for (const each of chosen) await approve(context, each.run, each.target, by);
  const now = chosen.map(({ target }) => target);
  const left = targets.filter((target) => !now.includes(target));
  const ahead = left.length === 0 || pull === null ? [] : await approvedAhead(context, pull, left, by);
  const done = [...now, ...ahead];
  if (done.length === 0) return ASKED.nothingWaits(targets);
  return ASKED.approved(
    done,
    left.filter((target) => !ahead.includes(target)),
  );
}

/** Bound to the very change that the plan of the pull request shows: any other asks again. */
async function approvedAhead(
  { ledger, ...context }: Context,
  pull: number,
  targets: readonly TargetId[],
  by: string,
): Promise<TargetId[]> {
  const plan = await ledger.pullPlan(pull);
  if (plan === null) return [];
  const keys = aheadKeys(plan.plan);
  const policy = policyOf(plan.plan);
  if (!mayApprove(policy, by)) throw new Refused(policyForbids(by, policy.approvers ?? []));
  const found = targets.filter((target) => keys.has(target));
  const at = isoNow(context);
  await ledger.approveAhead(new Map(found.map((target) => [keys.get(target) ?? '', { target, by, at }])));
  return found;
}

function pullOf(ask: Ask): number | null {
  return ask.what === 'again' ? null : ask.pull;
}

/** Below how the merge stands, or the plan. */
async function reply(context: Context, pull: number, said: string): Promise<void> {
  const { ledger, options, queue } = context;
  const plan = await ledger.pullPlan(pull);
  const planned = plan === null ? null : pullMarkdown(plan, toPull(options.publicUrl, pull).url);
  const shown = (await mergeOf(context, pull)) ?? planned;
  await ledger.say([{ pull, body: shown === null ? said : `${shown}\n\n---\n\n${said}` }]);
  await queue.requestReport();
}
