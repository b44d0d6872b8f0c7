// What people ask on the forge, by a button of a check or a comment under a pull request: looked up there, done for those who may
// push to the branch, once, and answered. A button stays where it is, so a refusal is logged; under a comment it is said.

import type { TargetId } from '../../model/ids.ts';
import type { Delivery } from '../../ports/deliveries.ts';
import { ForgeFailure } from '../../ports/forge-failure.ts';
import type { Again } from '../../ports/queue.ts';
import type { Forge } from '../../ports.ts';
import { ASKED, pullMarkdown } from '../../say/details/pull.ts';
import { DRIFT_CONTEXT, PLAN_CONTEXT, runUrl, toPull } from '../../say/status.ts';
import type { Context } from '../context.ts';
import { followed, open } from '../open-run.ts';
import { replay } from '../operations.ts';
import { Refused } from '../refused.ts';
import { approveRun, approveUnder } from './approve.ts';
import { mergeOf } from './merged.ts';
import { type Asked, type Verified, verifyCommand } from './verify-command.ts';

/** A forge lists what it sent a moment later. */
const LOOK_AGAIN_MS = 2_000;

/** What follows from what people asked for. */
export interface Answers {
  /** Pull requests that are to be planned afresh. */
  readonly forced: ReadonlySet<number>;
  /** When to look again for what the forge does not know of yet. */
  readonly again: Again;
}

/** What the forge cannot be asked about at the moment is tried again, and holds nothing else up. */
export async function answerAsks(context: Context, forge: Forge, deliveries: readonly Delivery[]): Promise<Answers> {
  const forced = new Set<number>();
  let again: Again = null;
  for (const delivery of deliveries) {
    if (delivery.kind !== 'ask') continue;
    const wait = await answerOne(context, forge, delivery, forced);
    if (wait !== null) again = again === null ? wait : Math.min(again, wait);
  }
  return { forced, again };
}

/** Resolves to when to try again, in milliseconds; null when it was dealt with. */
async function answerOne(context: Context, forge: Forge, delivery: Asked, forced: Set<number>): Promise<Again> {
  const { ledger, log } = context;
  const pull = delivery.source?.on === 'comment' ? delivery.source.pull : null;
  const settle = () => ledger.settleDeliveries([delivery.id], []);
  let verified: Verified;
  try {
    verified = await verifyCommand(context, forge, delivery);
  } catch (error) {
    if (!(error instanceof ForgeFailure)) throw error;
    if (error.retryAfterSeconds !== null) return error.retryAfterSeconds * 1000;
    // Whoever it was: nobody is told by name what was not proved.
    log.warn('a command of the forge cannot be looked up, so nothing is done', { delivery: delivery.id, error });
    await settle();
    return null;
  }
  if (verified.kind === 'not yet') return LOOK_AGAIN_MS;
  if (verified.kind === 'refused') {
    log.warn('a command that the forge does not confirm has no effect', { by: delivery.by, why: verified.why });
    if (verified.answer && pull !== null) await reply(context, pull, ASKED.refused(verified.why));
    await settle();
    return null;
  }
  const { id, ask, by } = verified;
  if (await ledger.hasCounted(id)) {
    await settle();
    return null;
  }
  const said = await answer(context, forge, verified, forced);
  // Where there are no checks, a plan that was made afresh is the answer itself.
  const answered = ask.what === 'plan' && forced.has(ask.pull) && !forge.checks;
  if (pull !== null && !answered) await reply(context, pull, said);
  log.info('asked on the forge', { by, ask: ask.what, answer: said });
  await ledger.count(id);
  await settle();
  return null;
}

async function answer(
  context: Context,
  forge: Forge,
  { ask, by, at, mayPush }: Extract<Verified, { kind: 'given' }>,
  forced: Set<number>,
): Promise<string> {
  const may = await mayAsk(forge, by, mayPush);
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
        return approvedOf(ask.targets, await approveUnder(context, forge, ask.pull, ask.targets, { by, at }));
      case 'approve run':
        return approvedOf(ask.targets, await approveRun(context, ask, { by, at }));
      default:
        return ask satisfies never;
    }
  } catch (error) {
    if (error instanceof Refused) return ASKED.refused(error.message);
    throw error;
  }
}

function approvedOf(asked: readonly TargetId[], done: readonly TargetId[]): string {
  if (done.length === 0) return ASKED.nothingWaits(asked);
  return ASKED.approved(
    done,
    asked.filter((target) => !done.includes(target)),
  );
}

/** Why it cannot be told, where a person has to put something right first. */
async function mayAsk(forge: Forge, by: string, signed: boolean | null): Promise<boolean | string> {
  try {
    return await forge.mayWrite(by, signed);
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

/** Below how the merge stands, or the plan. */
async function reply(context: Context, pull: number, said: string): Promise<void> {
  const shown = await commentUnder(context, pull);
  await context.ledger.say([{ pull, body: shown === null ? said : `${shown}\n\n---\n\n${said}` }]);
  await context.queue.requestReport();
}

/** What somebody else has changed or deleted is said again. */
export async function restateComments(context: Context, deliveries: readonly Delivery[]): Promise<void> {
  const { ledger, forge, queue } = context;
  if (forge === null || forge.checks) return;
  const touched = deliveries.flatMap((each) => (each.kind === 'pull' && each.comment === true ? [each.pull] : []));
  for (const pull of new Set(touched)) {
    const body = await commentUnder(context, pull);
    if (body === null) continue;
    await ledger.forgetComment(pull);
    await ledger.say([{ pull, body }]);
  }
  if (touched.length > 0) await queue.requestReport();
}

/** What the comment of Phoenix shows: how the merge stands, or the plan; null for a pull request that it knows nothing of. */
async function commentUnder(context: Context, pull: number): Promise<string | null> {
  const plan = await context.ledger.pullPlan(pull);
  const planned = plan === null ? null : pullMarkdown(plan, toPull(context.options.publicUrl, pull).url);
  return (await mergeOf(context, pull)) ?? planned;
}
