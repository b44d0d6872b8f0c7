// Declaring a guest as it is and adopting it changes nothing but the mark: for configuration files that real programs wrote. The folder
// PHOENIX_GUEST_FILES contains `lxc/*.conf` and `qemu/*.conf`.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { wanted } from '../guests.ts';
import { declaredGuest, type Kind } from './declared-guest.ts';
import { adopt, mainOf, notesIn } from './round-trip.ts';

const FOLDER = process.env['PHOENIX_GUEST_FILES'] ?? '';
const isThere = FOLDER !== '' && existsSync(FOLDER);

interface File {
  readonly kind: Kind;
  readonly name: string;
  readonly text: string;
}

const FILES = (['lxc', 'vm'] as const).flatMap((kind): File[] => {
  const folder = join(FOLDER, kind === 'lxc' ? 'lxc' : 'qemu');
  const names = isThere && existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.conf')) : [];
  return names.map((name) => ({ kind, name, text: readFileSync(join(folder, name), 'utf8') }));
});

/** The same guest with the lines that the schema needs and the file lacks. */
function completed({ kind, text }: File): string {
  const needed =
    kind === 'lxc'
      ? { hostname: 'guest', memory: '512', net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth' }
      : { name: 'guest' };
  const lines = Object.entries(needed).filter(([key]) => !new RegExp(`^${key}:`, 'm').test(mainOf(text)));
  const more = lines.map(([key, value]) => `${key}: ${value}\n`).join('');
  return `${more}${text}`;
}

const ID = 4001;
const title = isThere
  ? 'guest files'
  : 'guest files (skipped: PHOENIX_GUEST_FILES names no folder with configuration files of guests)';

describe.skipIf(!isThere)(title, () => {
  const counts = { files: FILES.length, declarable: 0, declarableWithNames: 0, refusedByProxmox: 0, adopted: 0 };
  const left = new Set<string>();

  test.each(FILES)('$kind $name', async (file) => {
    if (!('missing' in declaredGuest(file.kind, ID, file.text, false))) counts.declarable += 1;
    const text = completed(file);
    // A template is never started.
    const states = /^template: 1/m.test(mainOf(text)) ? [false] : [false, true];
    for (const running of states) {
      const declared = declaredGuest(file.kind, ID, text, running);
      if ('missing' in declared) {
        left.add(`${file.kind}/${file.name}: ${declared.missing}`);
        return;
      }
      if (!running) counts.declarableWithNames += 1;
      const done = await adopt({ kind: file.kind, id: ID, text, running }, wanted(declared.target));
      if (done.refused !== null) {
        // A guest whose configuration Proxmox does not let anybody change cannot be adopted.
        expect(done.end.outcome).not.toBe('done');
        left.add(`${file.kind}/${file.name}: ${done.refused.trim()}`);
        if (!running) counts.refusedByProxmox += 1;
        return;
      }
      expect(done.end).toMatchObject({ outcome: 'done' });
      expect(done.commands).toHaveLength(1);
      expect(done.after).toBe(done.marked);
      expect(notesIn(file.kind, done.after).startsWith(notesIn(file.kind, text))).toBe(true);
      expect(done.again).toEqual({ outcome: 'done', actions: [] });
      if (!running) counts.adopted += 1;
    }
  });

  test('how many can be declared, and which not', () => {
    console.log(`${JSON.stringify(counts)}\n${[...left].join('\n')}`);
    expect(counts.adopted).toBe(counts.declarableWithNames - counts.refusedByProxmox);
  });
});
