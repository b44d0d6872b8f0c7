// Guests of the node that carry a repository's owner mark, whatever their id. Some may be undeclared, such as a backup restored under another id.

import { type TargetId, targetId } from '../../../model/ids.ts';
import type { MarkedTarget } from '../../../model/target.ts';
import type { Program } from '../proxmox/command.ts';
import { type GuestConf, parseConf } from '../proxmox/conf.ts';
import { type Networks, placed } from '../proxmox/network.ts';
import { parseProperties } from '../proxmox/property-string.ts';
import { isTagged, parseNotes } from './notes.ts';

export interface MarkedGuest extends MarkedTarget {
  /** Fixed IP addresses without prefix length, and MAC addresses in upper case. */
  readonly addresses: readonly string[];
}

const CONF_FILE = /^\/etc\/pve\/(lxc|qemu-server)\/(\d+)\.conf$/;

/**
 * @param files configuration files of guests, by path; other files are ignored
 * @param repository the repository as written in notes
 */
export function markedGuests(files: ReadonlyMap<string, string>, repository: string): MarkedGuest[] {
  return [...files].flatMap(([path, text]) => {
    const [, folder, id] = CONF_FILE.exec(path) ?? [];
    if (folder === undefined || id === undefined) return [];
    const program: Program = folder === 'lxc' ? 'pct' : 'qm';
    const conf = parseConf(text, program);
    const notes = parseNotes(conf.description);
    if (notes === null || notes.repository !== repository || !isTagged(conf, notes)) return [];
    const name = conf.settings['hostname'] ?? conf.settings['name'] ?? '';
    const target = targetId(program === 'pct' ? 'lxc' : 'vm', id);
    return [{ target, name, markedAs: notes.target as TargetId, addresses: addressesOf(conf) }];
  });
}

/** The undeclared guest, and the address, that a guest to be created would share; null for none. */
export function sharedWith(
  marked: readonly MarkedGuest[],
  target: TargetId,
  networks: Networks,
  declares: (target: TargetId) => boolean,
): { readonly guest: MarkedGuest; readonly address: string } | null {
  const own = placed(networks, {})
    .flatMap(({ net }) => [net.mac_address?.toUpperCase(), fixed(net.ip), fixed(net.ip6)])
    .filter((address) => address != null);
  for (const guest of marked) {
    if (guest.target === target || declares(guest.target)) continue;
    const address = own.find((each) => guest.addresses.includes(each));
    if (address !== undefined) return { guest, address };
  }
  return null;
}

/** A container has both addresses in `net0`; a VM's MAC address is the value of its card's model. */
function addressesOf(conf: GuestConf): string[] {
  const lines = Object.entries(conf.settings).filter(([key]) => /^(net|ipconfig)\d+$/.test(key));
  return lines.flatMap(([, value]) => {
    const properties = parseProperties(value);
    const macs = Object.values(properties).filter((each) => MAC.test(each));
    const addresses = [fixed(properties['ip']), fixed(properties['ip6'])].filter((each) => each !== null);
    return [...macs.map((mac) => mac.toUpperCase()), ...addresses];
  });
}

const MAC = /^[0-9A-F]{2}(:[0-9A-F]{2}){5}$/i;

function fixed(setting: string | null | undefined): string | null {
  return setting?.includes('/') ? (setting.split('/')[0] ?? null) : null;
}
