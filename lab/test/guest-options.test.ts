// The lab against a session that sets each option of guests, on a stopped and on a running one: containers and VMs apart, so that a
// difference is found where it is.

import { expect, test } from 'vitest';
import { referencePath } from '../../test/support/reference.ts';
import { type Row, replay } from './replay.ts';

const REFERENCE = referencePath('proxmox-guest-options.jsonl');

/** Rows of the other kind of guests. */
function others(program: 'pct' | 'qm', path: '/nodes/pve/lxc/' | '/nodes/pve/qemu/', files: string) {
  return (row: Row): string | undefined => {
    if ('argv' in row) {
      const [called = '', , target = ''] = row.argv;
      if (row.argv.includes('local-lvm:abc')) return 'a root disk that is no size (Phoenix sends a size)';
      if (target.endsWith('/pending')) return 'what waits, as JSON (Phoenix reads the file)';
      if (called === program || (called === 'pvesh' && target.startsWith(path))) return undefined;
      return 'calls of other guests';
    }
    return 'file' in row && !('given' in row) && !row.file.startsWith(files) ? 'files of others' : undefined;
  };
}

const SKIPPED = '(skipped: PHOENIX_TEST_REFERENCE names no session)';

test.skipIf(REFERENCE === undefined)(
  `each option of a container goes as with Proxmox ${SKIPPED}`,
  async () => {
    const ofOthers = others('pct', '/nodes/pve/lxc/', '/etc/pve/lxc/');
    expect(await replay('options of containers', REFERENCE ?? '', ofOthers)).toEqual([]);
  },
  60_000,
);

test.skipIf(REFERENCE === undefined)(
  `each option of a VM goes as with Proxmox ${SKIPPED}`,
  async () => {
    const ofOthers = others('qm', '/nodes/pve/qemu/', '/etc/pve/qemu-server/');
    expect(await replay('options of VMs', REFERENCE ?? '', ofOthers)).toEqual([]);
  },
  60_000,
);
