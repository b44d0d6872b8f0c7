// Which troubles there are, and which of those that are known are over. What is not known is neither: a step that left the memory of the
// ledger, or a host that could not be looked at, ends nothing. Pure.

import { NEWEST_COMMIT, OVER, TROUBLE } from '../../messages/notification.ts';
import type { Validity } from '../../model/environment.ts';
import type { Trouble, TroubleKind } from '../../model/notification.ts';
import { troubleKey } from '../../model/notification.ts';
import { endedWell } from '../../model/run.ts';
import type { NodeAway } from '../../ports/ledger.ts';
import type { KnownTroubles, TroubleChanges } from '../../ports/notifications.ts';
import { type OverviewInput, overviewOf } from '../http/overview.ts';

const DAY_MS = 86_400_000;
/** A certificate that is renewed in time never gets so near to its end: this part of its time is left, and no more than that many days. */
const NEAR_PART = 0.1;
const NEAR_DAYS = 14;
/** A node that is away for a shorter time, such as while it starts again, is no news. */
const AWAY_MS = 60_000;

/** What was seen; null is what is not known. */
export interface Sight extends OverviewInput {
  readonly nodes: ReadonlyMap<string, NodeAway>;
  /** Whether the targets hold all that is declared. */
  readonly isDeclaredKnown: boolean;
  /** Why the newest commit is not followed. */
  readonly refusal: string | null;
}

/** Who is told of what. */
interface Listener {
  readonly name: string;
  readonly events: ReadonlySet<TroubleKind>;
}

/** What changed since it was noted last. A kind that was never looked at before is noted and told nobody: it is nothing new. */
export function changesIn(sight: Sight, known: KnownTroubles, listeners: readonly Listener[]): TroubleChanges {
  const { kinds, troubles, isOver } = assess(sight);
  const listening = ({ kind }: Trouble) => listeners.filter(({ events }) => events.has(kind)).map(({ name }) => name);
  const began = troubles
    .filter((trouble) => !known.troubles.has(troubleKey(trouble)))
    .map((trouble) => ({ trouble, tell: known.kinds.has(trouble.kind) ? listening(trouble) : [] }));
  const there = new Set(troubles.map(troubleKey));
  const ended = [...known.troubles.values()]
    .filter((trouble) => kinds.includes(trouble.kind) && !there.has(troubleKey(trouble)) && isOver(trouble))
    .map(({ told, ...trouble }) => ({
      trouble,
      tell: OVER[trouble.kind] === null ? [] : listening(trouble).filter((name) => told.includes(name)),
    }));
  return { kinds, began, ended };
}

interface Assessed {
  readonly kinds: readonly TroubleKind[];
  readonly troubles: readonly Trouble[];
  /** Of one that is not among them. */
  readonly isOver: (trouble: Trouble) => boolean;
}

function assess(sight: Sight): Assessed {
  const { head, targets, isDeclaredKnown, certificates, orphans, nodes, now } = sight;
  const overview = overviewOf(sight);
  const at = now.toISOString();
  const byTarget = new Map<string, (typeof targets)[number]>(targets.map((each) => [each.target, each]));
  const troubles = [
    ...overview.failed.map(({ target, run, reason }) => TROUBLE.failed({ target, run, reason, since: at })),
    ...(overview.refused === null ? [] : [TROUBLE.refused(overview.refused.commit, sight.refusal, at)]),
    ...overview.approvals.map(({ run, target, reason, since }) => TROUBLE.approval(run, target, reason, since)),
    ...overview.drifted.flatMap(({ target, look }) =>
      look?.found == null ? [] : [TROUBLE.drift(target, look.run, look.found, look.since)],
    ),
    ...(certificates ?? [])
      .filter(({ validity }) => validity !== null && isNearEnd(validity, now))
      .map((each) => TROUBLE.certificate(each, at)),
    ...[...nodes]
      .filter(([, { since }]) => now.getTime() - Date.parse(since) >= AWAY_MS)
      .map(([node, away]) => TROUBLE.host(node, away)),
    ...(orphans ?? []).map((orphan) => TROUBLE.orphan(orphan, at)),
  ];
  const isOver = ({ kind, subject }: Trouble): boolean => {
    const target = byTarget.get(subject);
    // What is neither declared nor recorded is not there any more.
    const isGone = target === undefined && isDeclaredKnown;
    switch (kind) {
      case 'failure':
        if (subject === NEWEST_COMMIT) return head?.verdict === 'followed' || head?.verdict === 'rewound';
        return isGone || (target?.outcome != null && endedWell(target.outcome));
      case 'drift':
        return isGone || (target?.look != null && (target.look.found === null || target.look.over));
      case 'certificate': {
        const found = certificates?.find((each) => each.target === subject);
        return certificates !== null && (found === undefined || found.validity !== null);
      }
      case 'host':
        return !nodes.has(subject);
      case 'approval':
      case 'orphan':
        return true;
      default:
        return kind satisfies never;
    }
  };
  // Before the first commit nothing is declared, so nothing can be told apart from what is.
  const isFollowing = head?.base != null;
  const kinds: TroubleKind[] = ['failure', 'approval', 'host'];
  if (isFollowing) kinds.push('drift');
  if (isFollowing && certificates !== null) kinds.push('certificate');
  if (isFollowing && orphans !== null) kinds.push('orphan');
  return { kinds, troubles: troubles.filter(({ kind }) => kinds.includes(kind)), isOver };
}

export function isNearEnd({ from, until }: Validity, now: Date): boolean {
  const end = Date.parse(until);
  const near = Math.min((end - Date.parse(from)) * NEAR_PART, NEAR_DAYS * DAY_MS);
  return end - now.getTime() <= near;
}
