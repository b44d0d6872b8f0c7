// `journalctl -u UNIT -g PATTERN` of a guest, for the services that write to the journal in a lab.

import type { GuestProgram } from '../proxmox/guest/place.ts';
import { ok } from '../tree/tree.ts';
import { traefikJournal } from './traefik/unit.ts';

export const journalctl: GuestProgram = (inside, words) => {
  const unit = words[words.indexOf('-u') + 1]?.replace(/\.service$/, '');
  const at = words.indexOf('-g');
  const pattern = new RegExp(at < 0 ? '' : (words[at + 1] ?? ''));
  const lines = (unit === 'traefik' ? traefikJournal(inside) : '').split('\n').filter((line) => line !== '');
  return ok(
    lines
      .filter((line) => pattern.test(line))
      .map((line) => `${line}\n`)
      .join(''),
  );
};
