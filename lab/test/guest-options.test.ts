// The lab against a session that sets each option of containers, on a stopped and on a running one.

import { expect, test } from 'vitest';
import { referencePath } from '../../test/support/reference.ts';
import { type Row, replay } from './replay.ts';

const REFERENCE = referencePath('proxmox-guest-options.jsonl');

function ofOthers(row: Row): string | undefined {
  if ('argv' in row) {
    const [program = '', , path = ''] = row.argv;
    if (row.argv.includes('local-lvm:abc')) return 'a root disk that is no size (Phoenix sends a size)';
    if (path.endsWith('/pending')) return 'what waits, as JSON (Phoenix reads the file)';
    if (program === 'pct' || (program === 'pvesh' && path.startsWith('/nodes/pve/lxc/'))) return undefined;
    return 'calls that are not of containers';
  }
  return 'file' in row && !('given' in row) && !row.file.startsWith('/etc/pve/lxc/') ? 'files of others' : undefined;
}

test.skipIf(REFERENCE === undefined)(
  'each option of a container goes as with Proxmox (skipped: PHOENIX_TEST_REFERENCE names no session)',
  async () => {
    expect(await replay('options of containers', REFERENCE ?? '', ofOthers)).toEqual([]);
  },
  60_000,
);
