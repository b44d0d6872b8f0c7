// Whether the storage volumes that are noted are still there: asked only of those that a guest is to get and does not have.

import type { HostReader } from '../../manager.ts';
import { parseRetained, splitLine } from '../lifecycle/retained-volumes.ts';
import type { GuestConf } from '../proxmox/conf.ts';

/** The part of a spec that names volumes: those of containers, and the disks of VMs, which are told by their bus. */
interface Volumes {
  readonly id: number;
  readonly volumes?: readonly { readonly name: string; readonly path: string }[];
  readonly disks?: readonly { readonly bus: string }[];
  readonly tpm?: object | null;
}

/**
 * Those of the noted storage volumes that no storage has.
 * @param comesBack whether the guest gets back what it had before: it is to be made, or is being made
 */
export async function missingVolumes(
  host: HostReader,
  note: string | null,
  spec: Volumes | undefined,
  conf: GuestConf | null,
  comesBack: boolean,
): Promise<string[]> {
  const kept = readable(note);
  if (kept === null || spec === undefined) return [];
  const names = new Map(Object.entries(kept.names));
  const paths = new Map(Object.entries(kept.paths));
  const declared = (spec.volumes ?? []).flatMap(({ name, path }) => names.get(name) ?? paths.get(path) ?? []);
  const buses = [...(spec.disks ?? []).map(({ bus }) => bus), ...(spec.tpm == null ? [] : ['tpmstate0'])];
  const disks = buses.flatMap((bus) => names.get(bus) ?? []);
  const lines = kept.lines.map(splitLine).filter(({ key }) => comesBack && !key.includes(' '));
  const asked = [...declared, ...disks, ...lines.map(({ value }) => value.split(',')[0] ?? '')];
  const attached = new Set(conf?.text.split(/[\s,]+/));
  const wanted = [...new Set(asked)].filter((id) => /^[^/:]+:/.test(id) && !attached.has(id));
  const present = new Set<string>();
  for (const storage of new Set(wanted.map((id) => id.slice(0, id.indexOf(':')))))
    for (const id of await volumesOn(host, storage)) present.add(id);
  return wanted.filter((id) => !present.has(id));
}

/** One that cannot be read is refused where it is decided; there is nothing to look for then. */
function readable(note: string | null): ReturnType<typeof parseRetained> | null {
  try {
    return parseRetained(note);
  } catch {
    return null;
  }
}

/** @throws Error where the storage does not tell: that a volume is not seen there means nothing then */
async function volumesOn(host: HostReader, storage: string): Promise<string[]> {
  const result = await host.run({ kind: 'command', program: 'pvesm', args: ['list', storage], timeoutSeconds: 60 });
  if (result.exit !== 0) throw new Error(`pvesm list ${storage}: ${result.stderr.trim() || result.ended}`);
  return result.stdout.split('\n').map((line) => line.split(/\s+/, 1)[0] ?? '');
}
