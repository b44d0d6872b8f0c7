// Observes a host for all importable kinds and generates the config files for it.

import type { Config } from '../../managers/config.ts';
import type { Extent, FoundObject, Imported, LeftOver } from '../../managers/importer.ts';
import { KINDS } from '../../managers/index.ts';
import type { Kind } from '../../managers/kind.ts';
import type { HostReader } from '../../managers/manager.ts';
import type { JsonObject } from '../../model/json.ts';
import { isObject } from '../../plan/diff/canonical.ts';
import { isOfHost } from '../../ports/host-failure.ts';
import type { SourceSettings } from '../../settings/source.ts';
import { Missing } from '../missing.ts';

export interface KindObservations {
  /**
   * Generates the files. @param extent how much to import
   */
  written(extent: Extent, secretsFolder: string): Imported;
  /** Where on the host a field of an imported target was read; null where its kind does not tell. */
  placeOf(target: string, entry: JsonObject, keys: readonly string[]): string | null;
  undeclared(config: Config): readonly FoundObject[];
}

interface Found {
  readonly importer: NonNullable<Kind['imports']>;
  readonly found: unknown;
}

/**
 * @param only kinds; empty for all
 * @throws errors that make the host unreachable, and Missing if guests are unreadable; other unreadable kinds are skipped and reported
 */
export async function observeKinds(host: HostReader, only: readonly string[] = []): Promise<KindObservations> {
  const kinds = KINDS.filter(
    ({ kind, imports }) => imports !== undefined && (only.length === 0 || only.includes(kind)),
  );
  const found: Found[] = [];
  const left: LeftOver[] = [];
  for (const { kind, imports: importer } of kinds) {
    if (importer === undefined) continue;
    try {
      found.push({ importer, found: await importer.observe(host) });
    } catch (error) {
      if (isOfHost(error)) throw error;
      const why = error instanceof Error ? error.message : String(error);
      // Without its guests, the host would look empty.
      if (GUESTS.includes(kind)) throw new Missing(`${host.node} cannot be read as a Proxmox host: ${why}`, ELSEWHERE);
      left.push({ what: `${kind}: everything of this kind`, why: `it could not be looked at: ${why}` });
    }
  }
  return {
    written: (extent, secretsFolder) =>
      merged([...found.map((one) => one.importer.written(one.found, extent, secretsFolder)), { ...EMPTY, left }]),
    placeOf: (target, entry, keys) =>
      found
        .map((one) => one.importer.placeOf?.(one.found, target, entry, keys) ?? null)
        .find((place) => place !== null) ?? null,
    undeclared: (config) => found.flatMap((one) => one.importer.undeclared(one.found, config)),
  };
}

const GUESTS: readonly string[] = ['lxc', 'vm'];
const ELSEWHERE =
  'run it as root on the Proxmox host itself, or name that host: --host ssh://root@pve.example.internal; on it, see that pvesh get /cluster/resources answers';

/** Importable kinds. */
export const IMPORTED_KINDS: readonly string[] = KINDS.filter(({ imports }) => imports !== undefined).map(
  ({ kind }) => kind,
);

const EMPTY: Imported = { files: {}, texts: {}, secrets: [], left: [] };

/** Merges objects recursively. */
function joined(one: JsonObject, other: JsonObject): JsonObject {
  const both = Object.entries(other).map(([key, value]) => {
    const present = one[key];
    return [key, isObject(present) && isObject(value) ? joined(present, value) : value] as const;
  });
  return { ...one, ...Object.fromEntries(both) };
}

/** Kinds contribute different fields or entries of the same file. */
function merged(all: readonly Imported[]): Imported {
  const files: Record<string, JsonObject> = {};
  for (const one of all)
    for (const [path, part] of Object.entries(one.files)) files[path] = joined(files[path] ?? {}, part);
  return {
    files,
    texts: Object.assign({}, ...all.map(({ texts }) => texts)),
    secrets: all.flatMap(({ secrets }) => secrets),
    left: all.flatMap(({ left }) => left),
    places: Object.assign({}, ...all.map(({ places }) => places)),
  };
}

/** Folder for generated secret references. */
export function secretsFolder({ secrets: { folders } }: SourceSettings): string {
  return folders[0] ?? '/etc/phoenix/secrets';
}
