// What a commit declares: its targets with their digests, and what is wrong with it.

import { createHash } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { load } from '../../config/load.ts';
import type { CommitSha, TargetId } from '../../model/ids.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Problem } from '../../model/problem.ts';
import type { Target } from '../../model/target.ts';
import { canonical } from '../../plan/canonical.ts';
import { guarded } from '../../plan/policy.ts';
import type { Repository } from '../../ports.ts';
import type { AgentOptions, Managers } from '../parts.ts';

export interface Declared {
  readonly commit: CommitSha;
  /** The config root inside the repository; empty when it is the top. */
  readonly root: string;
  /** Null when its texts or values cannot be read. */
  readonly config: Config | null;
  readonly targets: ReadonlyMap<TargetId, Target>;
  readonly digests: ReadonlyMap<TargetId, string>;
  readonly problems: readonly Problem[];
}

export type Declarations = (commit: CommitSha) => Promise<Declared>;

/** Commits kept in memory: the newest, and those that targets were last applied at. */
const KEEP = 8;

/** Reads a commit once: the same commit always declares the same. */
export function declarations(
  repository: Repository,
  managers: Managers,
  reading: AgentOptions['reading'],
): Declarations {
  const known = new Map<CommitSha, Promise<Declared>>();
  return (commit) => {
    const found = known.get(commit) ?? read(repository, managers, commit, reading);
    known.delete(commit);
    known.set(commit, found);
    found.catch(() => known.delete(commit));
    const [oldest] = known.keys();
    if (known.size > KEEP && oldest !== undefined) known.delete(oldest);
    return found;
  };
}

async function read(
  repository: Repository,
  { allTargets }: Managers,
  commit: CommitSha,
  reading: AgentOptions['reading'],
): Promise<Declared> {
  const snapshot = await repository.snapshot(commit);
  const { config, draft, problems } = load(snapshot, reading);
  const readable = config ?? draft;
  const targets =
    readable === null ? new Map<TargetId, Target>() : guarded(allTargets(readable), readable.hypervisor.policy);
  const digests = new Map([...targets].map(([id, { spec }]) => [id, digestOf(spec)]));
  return { commit, root: snapshot.root, config: readable, targets, digests, problems };
}

/** Equal specs have equal digests, whatever the order of their keys. */
function digestOf(spec: JsonObject): string {
  return createHash('sha256').update(canonical(spec)).digest('hex');
}
