// Compares declared targets with a host: observed and decided by the managers like in an agent, without executing anything. A missing mark of Phoenix
// is reported separately from other differences.

import { sealWanted } from '../../agent/apply/seal.ts';
import { managerOf } from '../../managers/index.ts';
import type { Kind } from '../../managers/kind.ts';
import type { Decision, HostReader, Wanted } from '../../managers/manager.ts';
import type { Action } from '../../model/action.ts';
import { kindOf, type TargetId } from '../../model/ids.ts';
import type { Impact } from '../../model/plan.ts';
import type { Target } from '../../model/target.ts';
import type { Host } from '../../ports/host.ts';
import { isOfHost } from '../../ports/host-failure.ts';
import { SecretUnavailable } from '../../ports/secret-unavailable.ts';

/** Concurrent observations. */
const AT_ONCE = 4;

/** A fictitious origin, so that any ownership mark counts as mark and not as difference. */
const ORIGIN = { repository: 'compared', commit: 'compared' };

export type Compared =
  /** As declared. `mark`: Phoenix's mark is missing. */
  | { readonly target: TargetId; readonly kind: 'same'; readonly mark: boolean }
  | {
      readonly target: TargetId;
      readonly kind: 'differs';
      /** Whether anything of it is there; null where that is not known. */
      readonly isThere: boolean | null;
      readonly impact: Impact;
      /** Summaries of the planned actions. */
      readonly actions: readonly string[];
      /** Names of the fields that differ. */
      readonly fields: readonly string[];
      /** Why nothing would be done, and the remedy; null if it would be. */
      readonly reason: string | null;
    }
  /** Not comparable, with the reason. */
  | { readonly target: TargetId; readonly kind: 'unknown'; readonly reason: string };

/**
 * @param reader caches queries
 * @throws errors that make the host unreachable
 */
export async function compareTargets(
  host: Host,
  reader: HostReader,
  targets: ReadonlyMap<TargetId, Target>,
): Promise<Compared[]> {
  const inventories = new Map<string, Promise<unknown>>();
  const inventoryOf = (kind: Kind): Promise<unknown> => {
    const known = inventories.get(kind.kind) ?? kind.inventory(reader);
    inventories.set(kind.kind, known);
    // Avoids an unhandled rejection if nobody awaits it.
    known.catch(() => {});
    return known;
  };
  const all = [...targets.values()];
  const results: Compared[] = [];
  const next = all.entries();
  const worker = async (): Promise<void> => {
    for (const [at, target] of next) {
      results[at] = await compare(host, reader, inventoryOf, target, (id) => targets.has(id)).catch(
        (error: unknown) => {
          if (isOfHost(error)) throw error;
          const reason = error instanceof Error ? error.message : String(error);
          return { target: target.id, kind: 'unknown', reason } as const;
        },
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

async function compare(
  host: Host,
  reader: HostReader,
  inventoryOf: (kind: Kind) => Promise<unknown>,
  target: Target,
  declares: (id: TargetId) => boolean,
): Promise<Compared> {
  const kind = managerOf(kindOf(target.id));
  const asked: Wanted = {
    target: target.id,
    spec: target.spec,
    before: undefined,
    origin: ORIGIN,
    approved: true,
    protected: target.protected,
    adopt: true,
    mayInterrupt: true,
    declares,
  };
  let unavailable: string | null = null;
  const { wanted } = await sealWanted(host, asked, false).catch((error: unknown) => {
    if (!(error instanceof SecretUnavailable)) throw error;
    // A missing secret is not compared, since only its reference is declared; a target that differs cannot be applied without it.
    unavailable = error.message;
    return { wanted: asked };
  });
  const inventory = await inventoryOf(kind);
  const quickCheck = kind.imports?.quickCheck ?? kind.quickCheck;
  const seen = quickCheck(inventory, wanted);
  if (seen !== null) {
    const settled = classifyComparison(kind, wanted, seen);
    if (settled.kind === 'same') return settled;
  }
  const compared = classifyComparison(kind, wanted, await kind.observe(reader, wanted));
  return compared.kind === 'differs' ? { ...compared, reason: compared.reason ?? unavailable } : compared;
}

function classifyComparison(kind: Kind, wanted: Wanted, seen: unknown): Compared {
  const { target } = wanted;
  const asMarked = kind.imports?.marked?.(seen, wanted) ?? seen;
  const decision = kind.decide(wanted, asMarked);
  const actions = decision.kind === 'actions' ? decision.actions.filter(({ notes }) => notes !== true) : [];
  if (decision.kind === 'actions' && actions.length === 0)
    return { target, kind: 'same', mark: isToBeMarked(kind.decide(wanted, seen)) };
  return {
    target,
    kind: 'differs',
    isThere: kind.isThere === undefined ? true : kind.isThere(wanted, seen),
    impact: worst(actions.map(({ impact }) => impact)),
    actions: actions.map(({ summary }) => summary),
    fields: kind.differences(wanted, asMarked).map(({ field }) => field),
    reason: decision.kind === 'actions' ? doubtOf(decision.actions) : decision.reason,
  };
}

/**
 * Targets that would be created. One that is not known to be there, since its guest or service does not answer, is not where what it is in would be
 * created itself.
 */
export function absentTargets(
  targets: ReadonlyMap<TargetId, Target>,
  compared: readonly Compared[],
): ReadonlySet<TargetId> {
  const found = new Map(compared.map((one) => [one.target, one]));
  const isAbsent = (id: TargetId): boolean => {
    const one = found.get(id);
    if (one?.kind !== 'differs') return false;
    return one.isThere === null ? (targets.get(id)?.within ?? []).some(isAbsent) : !one.isThere;
  };
  return new Set([...targets.keys()].filter(isAbsent));
}

/** A predictable failure with its remedy. */
function doubtOf(actions: readonly Action[]): string | null {
  const doubtful = actions.find(({ remedy }) => remedy !== undefined);
  return doubtful?.remedy === undefined ? null : `nothing tells how to ${doubtful.summary}; ${doubtful.remedy}`;
}

function isToBeMarked(decision: Decision): boolean {
  return decision.kind !== 'actions' || decision.actions.length > 0;
}

const COSTS: readonly Impact[] = ['live', 'restart', 'recreate', 'destroy'];

/** Declared targets are recreated when destroyed. */
function worst(impacts: readonly Impact[]): Impact {
  const cost = Math.max(0, ...impacts.map((impact) => COSTS.indexOf(impact)));
  return COSTS[Math.min(cost, COSTS.indexOf('recreate'))] ?? 'live';
}
