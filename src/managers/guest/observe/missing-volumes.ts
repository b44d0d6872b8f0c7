// Checks whether noted storage volumes still exist, but only those that a guest is to get and does not have.

import type { HostReader } from '../../manager.ts';
import { parseRetained, splitLine } from '../lifecycle/retained-volumes.ts';
import type { GuestConf } from '../proxmox/conf.ts';
import { diskLines } from '../proxmox/disk-lines.ts';

/** The parts of a spec that name volumes: those of containers, and VMs' disks, which are recognised by their bus. */
interface Volumes {
  readonly id: number;
  readonly volumes?: readonly { readonly name: string; readonly path: string }[];
  readonly disks?: readonly { readonly bus: string }[];
  readonly tpm?: object | null;
}

/**
 * The noted storage volumes that no storage has.
 *
 * @param isRebuilt whether the guest is to be created or is being created, so that it gets its former volumes back
 */
export async function missingVolumes(
  host: HostReader,
  note: string | null,
  spec: Volumes | undefined,
  conf: GuestConf | null,
  isRebuilt: boolean,
): Promise<string[]> {
  const retained = readable(note);
  if (retained === null || spec === undefined) return [];
  const names = new Map(Object.entries(retained.names));
  const paths = new Map(Object.entries(retained.paths));
  const declared = (spec.volumes ?? []).flatMap(({ name, path }) => names.get(name) ?? paths.get(path) ?? []);
  const buses = [...(spec.disks ?? []).map(({ bus }) => bus), ...(spec.tpm == null ? [] : ['tpmstate0'])];
  const disks = buses.flatMap((bus) => names.get(bus) ?? []);
  const lines = retained.lines.map(splitLine).filter(({ key }) => isRebuilt && !key.includes(' '));
  const volumes = [...declared, ...disks, ...lines.map(({ value }) => value.split(',')[0] ?? '')];
  const attached = new Set(conf === null ? [] : diskLines(conf).map(({ volume }) => volume));
  const wanted = [...new Set(volumes)].filter((id) => /^[^/:]+:/.test(id) && !attached.has(id));
  const present = new Set<string>();
  for (const storage of new Set(wanted.map((id) => id.slice(0, id.indexOf(':')))))
    for (const id of await volumesOn(host, storage)) present.add(id);
  return wanted.filter((id) => !present.has(id));
}

/** The note; null for an unreadable one, which is refused where it is needed. */
function readable(note: string | null): ReturnType<typeof parseRetained> | null {
  try {
    return parseRetained(note);
  } catch {
    return null;
  }
}

/** @throws Error where the storage does not answer: absence of a volume would mean nothing then */
async function volumesOn(host: HostReader, storage: string): Promise<string[]> {
  const result = await host.run({ kind: 'command', program: 'pvesm', args: ['list', storage], timeoutSeconds: 60 });
  if (result.exit !== 0) throw new Error(`pvesm list ${storage}: ${result.stderr.trim() || result.ended}`);
  return result.stdout.split('\n').map((line) => line.split(/\s+/, 1)[0] ?? '');
}
