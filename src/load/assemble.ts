// Assembles a configuration from the files as far as they are readable: each kind reads its own, in registry order.

import type { Diagnostic } from '../config/diagnostic.ts';
import type { Known } from '../config/known.ts';
import { Reader } from '../config/reader.ts';
import { withBlobs } from '../config/sops/with-blobs.ts';
import { Sources } from '../config/sources.ts';
import type { Config, Guest } from '../managers/config.ts';
import type { Kind } from '../managers/kind.ts';
import { Unreadable } from '../managers/unreadable.ts';
import type { SecretBounds } from '../model/secret-bounds.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { formatOf } from './formats.ts';

export interface Assembled {
  /** The readable part. */
  readonly config: Config;
  /** Whether nothing was left out. */
  readonly complete: boolean;
  /** The parts that were left out. */
  readonly unreadable: Unreadable;
  readonly diagnostics: readonly Diagnostic[];
  /** Problems of secret references; each blocks only the targets that use it. */
  readonly references: readonly Diagnostic[];
  /** Texts of the files, for looking up positions. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Codes of a file whose text has no unambiguous value. */
const BROKEN: ReadonlySet<string> = new Set(['SYNTAX', 'DUPLICATE_KEY', 'NOT_THE_CONTENT']);

/**
 * @param bounds which secret references are allowed
 * @param known cache of guests of earlier configurations
 */
export function assemble(snapshot: Snapshot, bounds: SecretBounds, known: Known, kinds: readonly Kind[]): Assembled {
  const sources = new Sources(snapshot, (path) => formatOf(path, kinds)?.ifEmpty ?? null);
  const unreadable = new Unreadable();
  const reading = new Reader(sources, snapshot, bounds, known, unreadable);
  let parts: Partial<Config> = {};
  for (const { declares } of kinds) parts = { ...parts, ...declares.read?.(reading, parts) };
  const mentioned = [...sources.texts.values()].some((text) => text.includes('sops:'));
  const config = complete(mentioned ? withBlobs(parts, snapshot.files) : parts);
  const broken = sources.diagnostics.some(({ code }) => BROKEN.has(code));
  return {
    config,
    complete: !broken && unreadable.nothing,
    unreadable,
    diagnostics: [...sources.diagnostics, ...reading.diagnostics.all],
    references: reading.references,
    texts: sources.texts,
  };
}

/** Throws if no kind reads the hypervisor's file, which everything requires. */
function complete({
  hypervisor,
  lxc = [],
  vm = [],
  certificates = [],
  stacks = new Map(),
  ...own
}: Partial<Config>): Config {
  if (hypervisor === undefined) throw new Error('no kind reads the file of the hypervisor');
  return { ...own, hypervisor, lxc, vm, certificates, stacks, guests: firstById([...lxc, ...vm]) };
}

function firstById(guests: readonly Guest[]): Map<number, Guest> {
  const map = new Map<number, Guest>();
  for (const guest of guests) if (!map.has(guest.id)) map.set(guest.id, guest);
  return map;
}
