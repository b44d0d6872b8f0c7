// Decides which problems exist, and which known ones are over. Unknown is neither: a step that is no longer in the ledger, or a host that could not
// be observed, ends nothing. Pure.

import { NEWEST_COMMIT, OVER, TROUBLE } from '../../messages/notification.ts';
import type { Validity } from '../../model/environment.ts';
import { type Fault, hasLasted } from '../../model/fault.ts';
import type { Trouble, TroubleKind } from '../../model/notification.ts';
import { troubleKey } from '../../model/notification.ts';
import { endedWell } from '../../model/run.ts';
import type { NodeAway } from '../../ports/ledger.ts';
import type { KnownTroubles, TroubleChanges } from '../../ports/notifications.ts';
import { type OverviewInput, overviewOf } from '../http/overview.ts';

const DAY_MS = 86_400_000;
/** A certificate that is renewed in time never gets this near to its end: the remaining share of its lifetime; below, a maximum in days. */
const NEAR_PART = 0.1;
const NEAR_DAYS = 14;

/** The observed state; null is unknown. */
export interface Sight extends OverviewInput {
  readonly nodes: ReadonlyMap<string, NodeAway>;
  /** Whether the targets include all declared ones. */
  readonly isDeclaredKnown: boolean;
  /** Why the newest commit is not followed. */
  readonly refusal: string | null;
}

/** Who is notified of what. */
interface Listener {
  readonly name: string;
  readonly events: ReadonlySet<TroubleKind>;
}

/** What changed since the last record. A kind of problem that was never checked before is recorded without a notification, since it may be old. */
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
  /** Whether a problem that is not among the current ones is over. */
  readonly isOver: (trouble: Trouble) => boolean;
}

function assess(sight: Sight): Assessed {
  const { head, targets, isDeclaredKnown, certificates, orphans, nodes, faults, now } = sight;
  const lasts = (fault: Pick<Fault, 'since'>) => hasLasted(fault, now);
  const overview = overviewOf(sight);
  const at = now.toISOString();
  const byTarget = new Map<string, (typeof targets)[number]>(targets.map((each) => [each.target, each]));
  const troubles = [
    ...overview.failed.map(({ target, run, reason }) => TROUBLE.failed({ target, run, reason, since: at })),
    ...(overview.refused === null ? [] : [TROUBLE.refused(overview.refused.commit, sight.refusal, at)]),
    ...overview.approvals.map(TROUBLE.approval),
    ...overview.drifted.flatMap(({ target, look }) =>
      look?.found == null ? [] : [TROUBLE.drift(target, { ...look, found: look.found, differs: look.differs ?? [] })],
    ),
    ...(certificates ?? [])
      .filter(({ validity }) => validity !== null && isNearEnd(validity, now))
      .map((each) => TROUBLE.certificate(each, at)),
    ...[...nodes].filter(([, away]) => lasts(away)).map(([node, away]) => TROUBLE.host(node, away)),
    ...faults.filter(lasts).map(TROUBLE.fault),
    ...(orphans ?? []).map((orphan) => TROUBLE.orphan(orphan, at)),
  ];
  const isOver = ({ kind, subject }: Trouble): boolean => {
    const target = byTarget.get(subject);
    // A target that is neither declared nor recorded no longer exists.
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
      case 'fault':
        return faults.every((fault) => fault.subject !== subject);
      case 'approval':
      case 'orphan':
        return true;
      default:
        return kind satisfies never;
    }
  };
  // Before the first commit nothing is declared, so orphans cannot be identified.
  const isFollowing = head?.base != null;
  const kinds: TroubleKind[] = ['failure', 'approval', 'host', 'fault'];
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
