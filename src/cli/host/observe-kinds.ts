// One look at a host by every kind that can be brought in, and what the files would say of what is there.

import type { Config } from '../../managers/config.ts';
import type { Extent, FoundObject, Imported, LeftOver } from '../../managers/importer.ts';
import { KINDS } from '../../managers/index.ts';
import type { Kind } from '../../managers/kind.ts';
import type { HostReader } from '../../managers/manager.ts';
import type { JsonObject } from '../../model/json.ts';
import { isObject } from '../../plan/canonical.ts';
import { isOfHost } from '../../ports/host-failure.ts';
import type { SourceSettings } from '../../settings/source.ts';
import { Missing } from '../missing.ts';

export interface KindObservations {
  /** What the files would say. @param extent how much of it */
  written(extent: Extent, secretsFolder: string): Imported;
  undeclared(config: Config): readonly FoundObject[];
}

interface Found {
  readonly importer: NonNullable<Kind['imports']>;
  readonly found: unknown;
}

/**
 * @param only names of kinds; all where none is named
 * @throws what keeps the host from being reached, Missing for one that does not tell its guests; another kind that cannot be looked at is left, and said so
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
      // Without its guests, a host is taken for an empty one.
      if (GUESTS.includes(kind)) throw new Missing(`${host.node} cannot be read as a Proxmox host: ${why}`, ELSEWHERE);
      left.push({ what: `${kind}: everything of this kind`, why: `it could not be looked at: ${why}` });
    }
  }
  return {
    written: (extent, secretsFolder) =>
      merged([...found.map((one) => one.importer.written(one.found, extent, secretsFolder)), { ...EMPTY, left }]),
    undeclared: (config) => found.flatMap((one) => one.importer.undeclared(one.found, config)),
  };
}

const GUESTS: readonly string[] = ['lxc', 'vm'];
const ELSEWHERE =
  'run it as root on the Proxmox host itself, or name that host: --host ssh://root@pve.example.internal; on it, see that pvesh get /cluster/resources answers';

/** Kinds that can be brought in. */
export const IMPORTED_KINDS: readonly string[] = KINDS.filter(({ imports }) => imports !== undefined).map(
  ({ kind }) => kind,
);

const EMPTY: Imported = { files: {}, texts: {}, secrets: [], left: [] };

/** Objects of the same name are one. */
function joined(one: JsonObject, other: JsonObject): JsonObject {
  const both = Object.entries(other).map(([key, value]) => {
    const present = one[key];
    return [key, isObject(present) && isObject(value) ? joined(present, value) : value] as const;
  });
  return { ...one, ...Object.fromEntries(both) };
}

/** What several kinds say of one file are different fields of it, or more of the same. */
function merged(all: readonly Imported[]): Imported {
  const files: Record<string, JsonObject> = {};
  for (const one of all)
    for (const [path, part] of Object.entries(one.files)) files[path] = joined(files[path] ?? {}, part);
  return {
    files,
    texts: Object.assign({}, ...all.map(({ texts }) => texts)),
    secrets: all.flatMap(({ secrets }) => secrets),
    left: all.flatMap(({ left }) => left),
  };
}

/** Where references that are written name files of the node. */
export function secretsFolder({ secrets: { folders } }: SourceSettings): string {
  return folders[0] ?? '/etc/phoenix/secrets';
}
