// Verifies with the forge a command that a delivery claims. What the forge does not confirm, in this repository, by that person, with that text, has
// no effect.

import { COMMAND_REFUSED } from '../../messages/statuses/approval.ts';
import { isDue } from '../../model/not-before.ts';
import type { Ask, AskEvent, AskSource, Delivery } from '../../ports/deliveries.ts';
import type { Forge } from '../../ports/forge.ts';
import type { Context } from '../context.ts';
import { commandIn } from '../http/webhook/events/comment.ts';
import { parseEvent, repositoryIn } from '../http/webhook/events/event.ts';

export type Asked = Delivery & AskEvent;

/** The head that an approving code review was made for. */
export interface ReviewedHead {
  readonly review: string;
  readonly head: string;
}

/** The forge's confirmation. */
export type Verified =
  | {
      readonly kind: 'given';
      /** The forge's own id of the command: it counts once. */
      readonly id: string;
      readonly ask: Ask;
      readonly by: string;
      /** When it was given, by the clock of the agent. */
      readonly at: Date;
      /** Whether its author may push, according to the signed event; null where it does not say. */
      readonly mayPush: boolean | null;
      /** Set where the command is in an approving code review. */
      readonly approves?: ReviewedHead;
    }
  /** `answer`: the comment exists, so its author may be told why it does not count. */
  | { readonly kind: 'refused'; readonly reason: string; readonly answer: boolean }
  /** The forge may list it soon. */
  | { readonly kind: 'not yet' };

/** Maximum age of a command: as long as forges redeliver. */
const OLDEST_MS = 3 * 24 * 3_600_000;
/** A forge lists a delivery only after it was answered. */
const LISTED_WITHIN_MS = 60_000;

/** @throws ForgeFailure when the forge cannot be asked */
export async function verifyCommand(context: Context, forge: Forge, delivery: Asked): Promise<Verified> {
  // Recorded by an older Phoenix without verification.
  const source = delivery.source as AskSource | undefined;
  if (source === undefined) return refused(COMMAND_REFUSED.unknown);
  switch (source.on) {
    case 'comment':
      return verifyComment(context, forge, delivery, source);
    case 'review':
      return verifyReview(context, forge, delivery, source);
    case 'delivery':
      return verifyPress(context, forge, delivery);
    default:
      return source satisfies never;
  }
}

async function verifyComment(
  { clock }: Context,
  forge: Forge,
  { ask, by, mayPush }: Asked,
  { id, pull }: Extract<AskSource, { on: 'comment' }>,
): Promise<Verified> {
  const comment = await forge.comment(pull, id);
  if (comment === null) return refused(COMMAND_REFUSED.noComment);
  if (comment.author !== by || comment.byProgram) return refused(COMMAND_REFUSED.anothersComment);
  if (comment.edited) return refused(COMMAND_REFUSED.edited, true);
  const found = commandIn(comment.body, pull);
  if (found === null || !isSameAsk(found, ask)) return refused(COMMAND_REFUSED.otherWords);
  const at = new Date(comment.created.getTime() - forge.clockAheadMs());
  if (clock.now().getTime() - at.getTime() > OLDEST_MS) return refused(COMMAND_REFUSED.tooOld, true);
  return { kind: 'given', id: `comment/${id}`, ask: found, by: comment.author, at, mayPush: mayPush ?? null };
}

/** Where the event has no review id, the newest matching review of that person that has not counted yet is used. */
async function verifyReview(
  { clock, ledger }: Context,
  forge: Forge,
  { ask, by }: Asked,
  { id: named, pull }: Extract<AskSource, { on: 'review' }>,
): Promise<Verified> {
  const theirs = (await forge.reviews(pull)).filter((each) => {
    return each.author === by && !each.byProgram && (named === null || each.id === named);
  });
  if (theirs.length === 0) return refused(COMMAND_REFUSED.noReview);
  const matching = theirs.flatMap((review) => {
    const command = commandIn(review.body, pull);
    const asked = command ?? (review.approves ? ({ what: 'approve all', pull } as const) : null);
    return asked !== null && isSameAsk(asked, ask) ? [{ review, asked }] : [];
  });
  if (matching.length === 0) return refused(COMMAND_REFUSED.otherWords);
  for (const { review, asked } of matching.toReversed()) {
    const id = `review/${review.id}`;
    if (await ledger.hasCounted(id)) continue;
    const at = new Date(review.submitted.getTime() - forge.clockAheadMs());
    if (clock.now().getTime() - at.getTime() > OLDEST_MS) return refused(COMMAND_REFUSED.tooOld, true);
    const approves = review.approves ? { approves: { review: review.id, head: review.head } } : {};
    return { kind: 'given', id, ask: asked, by: review.author, at, mayPush: review.mayPush, ...approves };
  }
  return refused(COMMAND_REFUSED.counted);
}

/** A button press is no object at the forge: the forge's record of the delivery shows who pressed which button. */
async function verifyPress({ clock, options }: Context, forge: Forge, delivery: Asked): Promise<Verified> {
  if (!forge.checks) return refused(COMMAND_REFUSED.noChecks);
  const received = Date.parse(delivery.received);
  const sent = await forge.sentWebhook(delivery.id, new Date(received - OLDEST_MS));
  if (sent === null) {
    return isDue(received + LISTED_WITHIN_MS, clock.now().getTime(), LISTED_WITHIN_MS)
      ? refused(COMMAND_REFUSED.noDelivery)
      : { kind: 'not yet' };
  }
  const pressed = parseEvent(sent.event, sent.payload, options.branch);
  const repository = repositoryIn(sent.payload)?.toLowerCase();
  const isOurs = repository === (await forge.repositoryName()).toLowerCase();
  if (!isOurs || pressed.kind !== 'event' || pressed.event.kind !== 'ask' || pressed.event.source.on !== 'delivery') {
    return refused(COMMAND_REFUSED.otherWords);
  }
  return {
    kind: 'given',
    id: `delivery/${delivery.id}`,
    ask: pressed.event.ask,
    by: pressed.by,
    at: new Date(received),
    mayPush: null,
  };
}

function isSameAsk(one: Ask, other: Ask): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function refused(reason: string, answer = false): Verified {
  return { kind: 'refused', reason: reason, answer };
}
