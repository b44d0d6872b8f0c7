// The templates and images that declared guests are to be created from, and that are not on the node, where nothing downloads them. Asked before a run
// needs them: the step of such a guest fails.

import { kindOf, nameOf, type TargetId } from '../../../model/ids.ts';
import type { Target } from '../../../model/target.ts';
import type { CommandResult } from '../../../ports/host.ts';
import { archiveOf, fileVolume } from '../../../proxmox/storages/files.ts';
import type { HostReader } from '../../manager.ts';
import {
  contentOf,
  fileExists,
  filesOn,
  hasStorage,
  nearestFile,
  offeredTemplates,
  type Source,
  sourcePath,
} from '../lifecycle/source.ts';
import type { Program } from '../proxmox/command.ts';
import { otherNodeOf } from './cluster.ts';
import { STORAGE_FILE } from './observation.ts';
import { confFolder, confPath, sourceOf } from './observe.ts';

export interface MissingSource {
  /** The guests that are to be created from it. */
  readonly targets: readonly TargetId[];
  /** As a volume id, `local:vztmpl/debian.tar.zst`, or as an absolute path. */
  readonly file: string;
  /** The most similar volume of its kind that is on its storage or that Proxmox offers; null for none. */
  readonly nearest: string | null;
  /** The step of a guest downloads a template that Proxmox offers: whether it does is not known while the node has no list of them. */
  readonly mayBeOffered: boolean;
}

/** A file that could not be looked for: it may be there or not. */
export interface UnseenSource {
  readonly targets: readonly TargetId[];
  readonly file: string;
  readonly why:
    | { readonly kind: 'no storage'; readonly storage: string }
    /** Its storage keeps no files in a folder, or the node has no list of storages. */
    | { readonly kind: 'no path' }
    /** The look for it ended without an answer. */
    | { readonly kind: 'ended'; readonly result: CommandResult };
}

export interface SourcesFound {
  readonly missing: readonly MissingSource[];
  readonly unseen: readonly UnseenSource[];
}

/**
 * Looks only. Runs a command for each file that new guests need, and two more for each that is missing.
 *
 * @param guests the declared containers and VMs: those that are on a node of the cluster need no such file any more
 * @param downloaded volumes that the configuration itself has the node download
 */
export async function missingSources(
  host: HostReader,
  guests: readonly Target[],
  downloaded: ReadonlySet<string>,
): Promise<SourcesFound> {
  const [storages, confs] = await Promise.all([
    host.readFile(STORAGE_FILE),
    host.readFolders([confFolder('pct'), confFolder('qm')]),
  ]);
  const needed = new Map<string, { source: Source; targets: TargetId[] }>();
  for (const guest of guests) {
    const source = sourceOf(guest);
    const file = source === undefined ? null : fileOf(source);
    if (source === undefined || file === null || downloaded.has(file) || (await isThere(host, confs, guest))) continue;
    const known = needed.get(file) ?? { source, targets: [] };
    needed.set(file, { ...known, targets: [...known.targets, guest.id] });
  }
  const found = await Promise.all(
    [...needed].map(async ([file, { source, targets }]): Promise<SourcesFound> => {
      const path = sourcePath(source, storages);
      if (path === null) return { missing: [], unseen: [{ targets, file, why: whyNoPath(file, storages) }] };
      const result = await host.run(fileExists(path));
      if (result.exit === 0) return { missing: [], unseen: [] };
      if (result.exit === 1) return { missing: await missingSource(host, targets, file), unseen: [] };
      return { missing: [], unseen: [{ targets, file, why: { kind: 'ended', result } }] };
    }),
  );
  return { missing: found.flatMap(({ missing }) => missing), unseen: found.flatMap(({ unseen }) => unseen) };
}

function whyNoPath(file: string, storages: string | undefined): UnseenSource['why'] {
  const [, storage] = /^([^/:]+):/.exec(file) ?? [];
  const isUnknown = storage !== undefined && storages !== undefined && !hasStorage(storage, storages);
  return isUnknown ? { kind: 'no storage', storage } : { kind: 'no path' };
}

/** Empty for a template that Proxmox offers. */
async function missingSource(host: HostReader, targets: readonly TargetId[], file: string): Promise<MissingSource[]> {
  const [, storage, content] = /^([^/:]+):(vztmpl|iso|import)\//.exec(file) ?? [];
  if (storage === undefined || content === undefined) return [{ targets, file, nearest: null, mayBeOffered: false }];
  const isTemplate = content === 'vztmpl';
  const [stored, offered] = await Promise.all([filesOn(host, storage), isTemplate ? offeredTemplates(host) : []]);
  const names = [...stored.flatMap((each) => (each.content === content ? [each.file] : [])), ...offered];
  const known = names.map((name) => fileVolume(storage, content, name));
  if (known.includes(file)) return [];
  return [{ targets, file, nearest: nearestFile(file, known), mayBeOffered: isTemplate && offered.length === 0 }];
}

/** The file of a source; null for a clone, an empty disk, and an image that the guest's own step downloads. */
function fileOf(source: Source): string | null {
  if ('template' in source) return source.template === '' ? null : source.template;
  if ('image' in source)
    return source.download === null ? fileVolume('local', contentOf(source.image), source.image) : null;
  if ('import_from' in source) return archiveOf(source.import_from);
  return 'iso' in source ? source.iso : null;
}

async function isThere(host: HostReader, confs: ReadonlyMap<string, string>, { id }: Target): Promise<boolean> {
  const program: Program = kindOf(id) === 'lxc' ? 'pct' : 'qm';
  const number = Number(nameOf(id));
  return confs.has(confPath(program, number)) || (await otherNodeOf(host, number)) !== null;
}
