// Guests of the node that carry the mark of a repository, whatever their id: among them may be some that nothing declares, such as a
// restored backup under another id.

import { type TargetId, targetId } from '../../../model/ids.ts';
import type { MarkedTarget } from '../../../model/target.ts';
import type { Program } from '../proxmox/command.ts';
import { type GuestConf, parseConf } from '../proxmox/conf.ts';
import { type Networks, placed } from '../proxmox/network.ts';
import { parseProperties } from '../proxmox/property-string.ts';
import { isTagged, parseNotes } from './notes.ts';

export interface MarkedGuest extends MarkedTarget {
  /** Fixed addresses without prefix length, and hardware addresses in upper case. */
  readonly addresses: readonly string[];
}

const CONF_FILE = /^\/etc\/pve\/(lxc|qemu-server)\/(\d+)\.conf$/;

/**
 * @param files configuration files of guests, by path; others are passed over
 * @param repository as it stands in notes
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

/** What a guest that is to be made would have in common with one of those that nothing declares; null for nothing. */
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

/** A container has both in `net0`; the hardware address of a VM stands under the model of its card. */
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
