// A lab with real containers. It needs root, Debian's `lxc`, and a tar archive of Debian 12; test/README.md says where they come from.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, findRootfs } from '../programs.ts';
import { type Lab, openLab } from './lab.ts';

const ROOTFS = findRootfs();

/** Why this machine cannot have them; null: it can. */
export const LACKING =
  process.getuid?.() !== 0
    ? 'not root'
    : findProgram('lxc-start', 'PHOENIX_TEST_LXC_START') === undefined
      ? 'no lxc'
      : ROOTFS === undefined || !existsSync(ROOTFS)
        ? 'no Debian 12'
        : null;
export const TEMPLATE = 'ubuntu-24.04-standard_24.04-2_amd64.tar.zst';

export interface RealContainers {
  readonly lab: Lab;
  pct(...args: readonly string[]): { readonly exit: number | null; readonly stdout: string; readonly stderr: string };
  /** The same with standard input. */
  pctWith(input: string, ...args: readonly string[]): ReturnType<RealContainers['pct']>;
  /** @param ids containers that may still be running */
  close(...ids: readonly number[]): Promise<void>;
}

export async function openRealContainers(): Promise<RealContainers> {
  const lab = await openLab();
  writeFileSync(join(lab.folder, 'lab.json'), JSON.stringify({ engine: 'lxc' }));
  copyFileSync(ROOTFS ?? '', join(lab.folder, 'var/lib/vz/template/cache', TEMPLATE));
  const pctWith: RealContainers['pctWith'] = (input, ...args) => {
    const options = { input, encoding: 'utf8', timeout: 120_000 } as const;
    const { status, stdout, stderr } = spawnSync(join(lab.folder, 'bin/pct'), args, options);
    return { exit: status, stdout, stderr };
  };
  const pct: RealContainers['pct'] = (...args) => pctWith('', ...args);
  return {
    lab,
    pct,
    pctWith,
    async close(...ids) {
      for (const id of ids) pct('stop', String(id));
      await lab.close();
    },
  };
}
