// `journalctl -u UNIT` of a guest, for the services that say something in a lab.

import type { GuestProgram } from '../proxmox/guest/place.ts';
import { ok } from '../tree/tree.ts';
import { traefikJournal } from './traefik/unit.ts';

export const journalctl: GuestProgram = (inside, words) => {
  const unit = words[words.indexOf('-u') + 1]?.replace(/\.service$/, '');
  return ok(unit === 'traefik' ? traefikJournal(inside) : '');
};
