// Adopts a guest on a lab host and returns its file. The expected file comes from the program itself: on a second host the same tags and notes are
// set by a command.

import { parseGuestFile, setRunning } from 'phoenix-lab/state';
import { lxc } from '../../../src/managers/lxc/manager.ts';
import type { Manager, Wanted } from '../../../src/managers/manager.ts';
import { vm } from '../../../src/managers/vm/manager.ts';
import type { CommandResult } from '../../../src/ports/host.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { convergeStep, type End } from '../carry-out.ts';
import type { Kind } from './declared-guest.ts';

export interface Adopted {
  readonly end: End;
  /** What a second run, after the adoption, did. */
  readonly again: End;
  /** The file as it was, is, and would be with nothing but the mark. */
  readonly before: string;
  readonly after: string;
  readonly marked: string;
  /** Why Proxmox itself refuses to mark it; null where it does not. */
  readonly refused: string | null;
  readonly commands: readonly string[];
}

export interface Guest {
  readonly kind: Kind;
  readonly id: number;
  readonly text: string;
  readonly running: boolean;
}

export const pathOf = (kind: Kind, id: number): string =>
  `/etc/pve/${kind === 'lxc' ? 'lxc' : 'qemu-server'}/${id}.conf`;

async function openWith({ kind, id, text, running }: Guest): Promise<LabHost> {
  const host = await openLabHost();
  await host.write(pathOf(kind, id), text);
  for (const [, device] of text.matchAll(/^dev\d+: ([^,\s]+)/gm)) await host.write(device ?? '', '');
  // Bridges for every interface of the guest.
  const bridges = [...text.matchAll(/bridge=([A-Za-z0-9_.-]+)/g)].map(([, name = '']) => name);
  const links = Object.fromEntries(['vmbr0', 'vmbr1', ...bridges].map((name) => [name, { mtu: 9000, addresses: [] }]));
  await host.write('/run/lab/links.json', JSON.stringify(links));
  if (running) setRunning({ dir: host.dir, name: 'pve' }, id, true);
  return host;
}

export async function adopt(guest: Guest, ask: Wanted): Promise<Adopted> {
  const { kind, id, text } = guest;
  const host = await openWith(guest);
  const other = await openWith(guest);
  try {
    const manager = (kind === 'lxc' ? lxc : vm) as Manager;
    const end = await convergeStep(manager, host, { ...ask, adopt: true });
    const commands = host.commands.filter((line) => !/^(pct|qm) (status|exec|guest exec)/.test(line));
    const again = await convergeStep(manager, host, { ...ask, before: ask.spec });
    const after = await host.read(pathOf(kind, id));
    const mark = await markByHand(other, guest, after);
    const marked = await other.read(pathOf(kind, id));
    const refused = mark.exit === 0 ? null : mark.stderr;
    return { end, again, before: text, after, marked, refused, commands };
  } finally {
    await host.close();
    await other.close();
  }
}

/** The notes of the adopted guest and its old tags with Phoenix's own, set as a person would. */
async function markByHand(host: LabHost, { kind, id, text }: Guest, after: string): Promise<CommandResult> {
  const tags = /^tags: *(.*)$/m.exec(mainOf(text))?.[1] ?? '';
  const notes = notesIn(kind, after);
  const words = [...new Set([...tags.split(/[,;\s]+/).filter((tag) => tag !== ''), 'phoenix'])];
  return host.run({
    kind: 'command',
    program: kind === 'lxc' ? 'pct' : 'qm',
    args: ['set', String(id), '--tags', words.join(';'), '--description', notes],
    timeoutSeconds: 10,
  });
}

/** Everything before the first section. */
export function mainOf(text: string): string {
  return text.split(/^\[/m)[0] ?? '';
}

/** The notes of a file as Proxmox reads them. */
export function notesIn(kind: Kind, text: string): string {
  const { options } = parseGuestFile(kind === 'lxc' ? 'lxc' : 'qemu', 100, text).file;
  return (options['description'] ?? '').replace(/\n+$/, '');
}
