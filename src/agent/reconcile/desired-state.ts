// Loads what a commit declares: its targets with their digests, and its problems.

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { Known } from '../../config/known.ts';
import { type LoadOptions, load } from '../../load/load.ts';
import type { Config } from '../../managers/config.ts';
import { type CommitSha, kindOf, type TargetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Problem } from '../../model/problem.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Target } from '../../model/target.ts';
import { canonical, same } from '../../plan/diff/canonical.ts';
import { guarded } from '../../plan/policy/policy.ts';
import type { Repository } from '../../ports/repository.ts';
import type { AgentOptions, Managers } from '../deps.ts';

export interface Declared {
  readonly commit: CommitSha;
  /** The config root inside the repository; empty when it is the top. */
  readonly root: string;
  /** Null when its files cannot be read. */
  readonly config: Config | null;
  readonly targets: ReadonlyMap<TargetId, Target>;
  readonly digests: ReadonlyMap<TargetId, string>;
  readonly problems: readonly Problem[];
}

export type Declarations = (commit: CommitSha) => Promise<Declared>;

/** Number of cached commits: the newest, and those that targets were last applied at. */
const KEEP = 8;

/** Loads each commit once, since its content never changes. Parts that two commits share are stored once. */
export function declarations(
  repository: Repository,
  managers: Managers,
  reading: AgentOptions['reading'],
): Declarations {
  const known = new LRUCache<CommitSha, Promise<Declared>>({ max: KEEP });
  const guests = new Known();
  let last: Declared | null = null;

  async function readNext(commit: CommitSha): Promise<Declared> {
    const declared = declaredIn(
      await repository.snapshot(commit),
      commit,
      managers,
      { ...reading, known: guests },
      last,
    );
    last = declared;
    return declared;
  }

  return (commit) => {
    const before = known.get(commit);
    if (before !== undefined) return before;
    const found = readNext(commit);
    known.set(commit, found);
    found.catch(() => known.delete(commit));
    return found;
  };
}

/** What a recorded commit declares; undefined when the repository has lost the commit, as after a force push. */
export async function declaredAt(
  { repository, declared }: { readonly repository: Repository; readonly declared: Declarations },
  commit: string,
): Promise<Declared | undefined> {
  const sha = await repository.resolve(commit);
  return sha === null ? undefined : declared(sha);
}

/**
 * Pure.
 *
 * @param last another commit, whose equal specs are shared
 */
function declaredIn(
  snapshot: Snapshot,
  commit: CommitSha,
  { allTargets, managerOf }: Managers,
  reading: LoadOptions,
  last: Declared | null,
): Declared {
  const { config, draft, problems } = load(snapshot, reading);
  const readable = config ?? draft;
  const made =
    readable === null ? new Map<TargetId, Target>() : guarded(allTargets(readable), readable.hypervisor.policy);
  const targets = new Map<TargetId, Target>();
  const digests = new Map<TargetId, string>();
  for (const [id, target] of made) {
    const before = last?.targets.get(id)?.spec;
    const digest = same(before, target.spec) ? last?.digests.get(id) : undefined;
    targets.set(id, digest === undefined || before === undefined ? target : { ...target, spec: before });
    digests.set(id, digest ?? digestOf(managerOf(kindOf(id)).recorded?.(target.spec) ?? target.spec));
  }
  return { commit, root: snapshot.root, config: readable, targets, digests, problems };
}

/** Equal specs have equal digests, whatever the order of their keys. */
function digestOf(spec: JsonObject): string {
  return createHash('sha256').update(canonical(spec)).digest('hex');
}
