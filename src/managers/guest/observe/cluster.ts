// Lists the guests of all nodes of a cluster, whose file system ensures that each VMID exists once in the cluster.

import type { HostReader } from '../../manager.ts';
import type { Program } from '../proxmox/command.ts';

export interface ListedGuest {
  readonly id: number;
  readonly program: Program;
  readonly node: string;
  /** `running`, `stopped` or another state of Proxmox's; up to ten seconds old, unlike the guest's existence. */
  readonly status: string;
}

/** File of pmxcfs with every guest, its node and kind. Reading it needs no command. */
const VMLIST = '/etc/pve/.vmlist';

export interface Elsewhere {
  readonly node: string;
  readonly program: Program;
  /** The node that the agent manages. */
  readonly here: string;
}

/** Which other node has the guest of this id; null where none has. */
export async function otherNodeOf(host: HostReader, id: number): Promise<Elsewhere | null> {
  const text = await host.readFile(VMLIST);
  const guest = text === undefined ? (await listGuests(host)).find((each) => each.id === id) : inVmlist(text, id);
  return guest === undefined || guest.node === host.node
    ? null
    : { node: guest.node, program: guest.program, here: host.node };
}

function inVmlist(text: string, id: number): Pick<ListedGuest, 'node' | 'program'> | undefined {
  const { ids } = JSON.parse(text) as { readonly ids?: Readonly<Record<string, { node?: unknown; type?: unknown }>> };
  if (ids === undefined) throw new Error(`${VMLIST}: it lists no guests`);
  const guest = ids[String(id)];
  if (guest === undefined) return undefined;
  return { node: String(guest.node), program: guest.type === 'lxc' ? 'pct' : 'qm' };
}

const ARGS = ['get', '/cluster/resources', '--type', 'vm', '--output-format', 'json'];

/** @throws Error where the list is unavailable: absence of a guest would mean nothing then */
export async function listGuests(host: HostReader): Promise<readonly ListedGuest[]> {
  const result = await host.run({ kind: 'command', program: 'pvesh', args: ARGS, timeoutSeconds: 60 });
  if (result.exit !== 0) throw new Error(`pvesh get /cluster/resources: ${result.stderr.trim() || result.ended}`);
  const listed: unknown = JSON.parse(result.stdout);
  if (!Array.isArray(listed)) throw new Error('pvesh get /cluster/resources: the answer is no list');
  return listed.flatMap((entry): ListedGuest[] => {
    if (typeof entry !== 'object' || entry === null) return [];
    const { type, vmid, node, status } = entry as Record<string, unknown>;
    const program = type === 'lxc' ? 'pct' : type === 'qemu' ? 'qm' : null;
    return program === null ? [] : [{ id: Number(vmid), program, node: String(node), status: String(status) }];
  });
}
